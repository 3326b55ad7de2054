/**
 * Ten Raspberry Pis, each with a build of its own: from the EEPROM to the UEFI as a program, from the UEFI
 * to Linux as a virtual machine with the same address and serial number.
 */

import { copyFile, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createLimiter } from "../../src/io/images/limiter.ts";
import { ensureLabFiles } from "../../src/lab/files.ts";
import { startMachine } from "../../src/lab/machine.ts";
import { createLan, type Lan } from "../../src/lab/network.ts";
import type { Program } from "../../src/lab/program.ts";
import { makeImage, type TestImage, waitForBoot } from "../support/boot-images.ts";
import { startMayfly } from "../support/mayfly-server.ts";
import { lacks } from "../support/needs.ts";
import type { PiBoard } from "../support/pi-eeprom.ts";
import { assemblePiTree, bootPi } from "../support/pi-lan.ts";

const WITHIN_MS = 150_000;
/** On two cores two machines boot in little more time than one. */
const atOnce = createLimiter(2);

interface Row {
  readonly host: string;
  readonly board: PiBoard;
  readonly ipxe: "ipxe121" | "ipxe200";
}

/** Known by nothing but their serial numbers, in the spelling of their boards. */
const ROWS: readonly Row[] = Array.from({ length: 10 }, (_, i) => ({
  host: `pi${i}`,
  board: { mac: `dc:a6:32:77:05:0${i}`, serial: `5b15450${i}`, model: 4, blockSize: 1468 },
  ipxe: i % 2 === 0 ? "ipxe121" : "ipxe200",
}));

const CONFIG = `logLevel: debug
kernelParams: lab.host=yes
hosts:
${ROWS.map(({ host, board }) => `  ${host}: { serials: ["10000000${board.serial}"], rpi4: { ramLimit: off } }`).join("\n")}
`;

const lacking = lacks("lan", "lab-files", "dnsmasq", "qemu-system-aarch64");

describe.skipIf(lacking)("ten boards, each with a build of its own", () => {
  let folder: string;
  let lan: Lan;
  let server: Program;
  let images: ReadonlyMap<string, TestImage>;

  beforeAll(async () => {
    const files = await ensureLabFiles();
    folder = await mkdtemp(join(tmpdir(), "mayfly-boards-"));
    await assemblePiTree(folder);
    images = new Map(
      await Promise.all(
        ROWS.map(async ({ host, ipxe }) => {
          const own = join(folder, `boot-media/hosts/${host}.rpi4/efi/boot`);
          await mkdir(own, { recursive: true });
          await copyFile(join(files[ipxe], "ipxe-arm64.efi"), join(own, "bootaa64.efi"));
          return [host, await makeImage(join(folder, "builds"), "arm64", `${host}-1`)] as const;
        }),
      ),
    );
    lan = await createLan();
    server = await startMayfly(lan, {
      folder,
      hosts: Object.fromEntries([...images].map(([host, image]) => [host, image.folder])),
      config: CONFIG,
    });
  });
  afterAll(async () => {
    await server?.stop();
    await lan?.close();
    await rm(folder, { recursive: true, force: true });
  });

  test("all ten start their UEFI at once, and the log has their files in the order of a board (R1, R2, R4, R6)", async () => {
    const boots = await Promise.all(ROWS.map(({ board }) => bootPi(lan, board, WITHIN_MS)));
    expect(boots.map(({ end }) => end)).toEqual(ROWS.map(() => ({ step: "started", program: "RPI_EFI.fd" })));
    for (const [i, { asked }] of boots.entries()) {
      const { serial } = ROWS[i]?.board ?? { serial: "" };
      await server.waitFor(new RegExp(`${serial}/kernel8.img by tftp`), 5000);
      const logged = [
        ...server.text().matchAll(new RegExp(`(?:asked for|fetches) (${serial}/\\S+) by tftp`, "g")),
      ];
      expect(logged.map(([, path]) => path)).toEqual(loggedOnce(asked));
    }
  });

  test.concurrent.each(ROWS.map((row) => [row.host, row.ipxe, row] as const))(
    "%s goes on from its UEFI to its own build, by %s (R1, R8)",
    (_host, _ipxe, { host, board }) =>
      atOnce(async () => {
        const machine = await startMachine(lan, {
          firmware: "aavmf",
          mac: board.mac,
          serial: `10000000${board.serial}`,
          memoryMb: 768,
        });
        try {
          const { stamp, cmdline } = await waitForBoot(machine, WITHIN_MS);
          expect(stamp).toBe(`${host}-1`);
          expect(cmdline).toMatch(/ lab\.host=yes\s*$/);
          const program = `${board.mac.replaceAll(":", "-")}/efi/boot/bootaa64.efi`;
          // Once for each start, and no chain of iPXEs that start each other.
          expect(server.text().match(new RegExp(`${program} by tftp: [\\d.]+ [KM]iB`, "g"))).toHaveLength(1);
          // All rounds of DHCP were about this host, and the script about its build.
          const told = server.text().matchAll(new RegExp(`${board.mac} .* for host (\\w+)`, "g"));
          expect(new Set(Array.from(told, ([, name]) => name))).toEqual(new Set([host]));
          expect(server.text()).toMatch(new RegExp(`${board.mac} .* boots host ${host}, `));
          await machine.ended;
        } finally {
          await machine.stop();
        }
      }),
  );
});

/** That a file is not there is logged once, however often a board looks for it. */
function loggedOnce(asked: readonly string[]): readonly string[] {
  return asked.filter((path, i) => !path.endsWith("/recovery.elf") || asked.indexOf(path) === i);
}
