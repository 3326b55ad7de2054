/** The timeline of real boots: two firmwares and a Raspberry Pi's EEPROM, seen through `mayfly boots`. */

import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Firmware, startMachine } from "../../src/lab/machine.ts";
import { createLan, type Lan } from "../../src/lab/network.ts";
import type { Program } from "../../src/lab/program.ts";
import { type SessionDetail, sessionDetail, sessions } from "../../src/web/schema/sessions.ts";
import { makeImage, type TestImage, waitForBoot } from "../support/boot-images.ts";
import { MAYFLY, startMayfly } from "../support/mayfly-server.ts";
import { lacks } from "../support/needs.ts";
import type { PiBoard } from "../support/pi-eeprom.ts";
import { assemblePiTree, bootPi } from "../support/pi-lan.ts";

const BIOS_MAC = "52:54:00:77:21:01";
const OVMF_MAC = "52:54:00:77:21:02";
const PI: PiBoard = { mac: "dc:a6:32:77:21:03", serial: "5b154513", model: 4, blockSize: 1468 };
/** The lab's image asks for its address, and reports. */
const IMAGE_AND_SYSTEM = ["kernel", "initrd", "kernel-dhcp", "check-in"];
const WITHIN_MS = 120_000;

const HOSTS = `hosts:
  bios: { macs: ["${BIOS_MAC}"], image: ./image }
  ovmf: { macs: ["${OVMF_MAC}"], image: ./image }
  gamma: { serials: ["10000000${PI.serial}"] }
`;

describe.skipIf(lacks("lan", "lab-files", "dnsmasq", "qemu-system-x86_64"))("beside a DHCP server", () => {
  let folder = "";
  let lan: Lan;
  let server: Program;
  let image: TestImage;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "mayfly-sessions-"));
    await assemblePiTree(folder);
    image = await makeImage(folder, "x64", "beta-1");
    lan = await createLan();
    server = await startMayfly(lan, { folder, config: HOSTS.replaceAll("./image", image.folder) });
  });
  afterAll(async () => {
    await server?.stop();
    await lan?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Runs a command as its user would, beside the server. */
  function mayfly(...args: readonly string[]): Promise<string> {
    return lan.server.run(process.execPath, MAYFLY, ...args, "--media", join(folder, "boot-media"));
  }
  async function lastBoot(host: string): Promise<SessionDetail> {
    const list = sessions.parse(JSON.parse(await mayfly("boots", host, "--json")));
    const [last] = list.sessions;
    if (last === undefined) throw new Error(`${host} has not booted`);
    return sessionDetail.parse(JSON.parse(await mayfly("boots", last.id, "--json")));
  }
  async function boot(firmware: Firmware, mac: string): Promise<void> {
    const machine = await startMachine(lan, { firmware, mac });
    try {
      expect((await waitForBoot(machine, WITHIN_MS)).stamp).toBe("beta-1");
    } finally {
      await machine.stop();
    }
  }
  async function expectFiles({ steps }: SessionDetail): Promise<void> {
    for (const [stage, file] of [
      ["kernel", "bzImage"],
      ["initrd", "initrd.zst"],
    ] as const) {
      const { size } = await stat(join(image.folder, file));
      const step = steps.find((each) => each.stage === stage);
      expect(step).toMatchObject({ result: "complete", sizeBytes: size, sentBytes: size });
    }
    expect(steps.find(({ stage }) => stage === "kernel")?.durationMs).toBeGreaterThan(0);
    const starts = steps.map(({ start }) => Date.parse(start));
    expect(starts).toEqual(starts.toSorted((a, b) => a - b));
  }

  test("a BIOS whose card has iPXE goes from its address to its report in one boot, the next one in another", async () => {
    await boot("bios", BIOS_MAC);
    const seen = await lastBoot("bios");
    expect(seen).toMatchObject({ outcome: "checked-in", mac: BIOS_MAC, host: "bios", scripts: 1 });
    expect(seen.steps.map(({ stage }) => stage)).toEqual(["ipxe-dhcp", "script", ...IMAGE_AND_SYSTEM]);
    await expectFiles(seen);

    await boot("bios", BIOS_MAC);
    const again = await lastBoot("bios");
    expect(again.id > seen.id).toBe(true);
    expect(again).toMatchObject({
      outcome: "checked-in",
      medians: { boots: 1, totalMs: seen.fetchedAfterMs },
    });
    expect(await mayfly("boots")).toMatch(new RegExp(`^${again.id} +bios +.* up +`, "m"));
    expect(await mayfly("boots", again.id)).toMatch(
      /^bios .*: up, everything fetched after .*\n.*\n\n.*ipxe-dhcp/,
    );
  });

  test("a UEFI machine has every stage from its firmware on", async () => {
    const args = ["boots", "--follow", "--media", join(folder, "boot-media")];
    const follower = await lan.server.start([process.execPath, MAYFLY, ...args], { name: "mayfly boots" });
    await boot("ovmf", OVMF_MAC);
    await follower.waitFor(/ovmf {2}firmware-dhcp\n(?:.*\n)*.*ovmf {2}up, everything fetched after/, 5000);
    await follower.stop();
    const seen = await lastBoot("ovmf");
    expect(seen).toMatchObject({ outcome: "checked-in", mac: OVMF_MAC, host: "ovmf", scripts: 1 });
    expect(seen.steps.map(({ stage }) => stage)).toEqual([
      ...["firmware-dhcp", "proxy-dhcp", "size-probe", "boot-program"],
      ...["ipxe-dhcp", "script", ...IMAGE_AND_SYSTEM],
    ]);
    // EDK2 waits for more offers, and for its address.
    expect(seen.steps[0]?.durationMs).toBeGreaterThan(1000);
    expect(seen.steps[3]).toMatchObject({ result: "complete", path: expect.stringMatching(/efi$/) });
    await expectFiles(seen);
    // What was booted reports when its kernel has started, which takes longer than nothing.
    const [initrd, checkIn] = ["initrd", "check-in"].map((stage) =>
      seen.steps.find((each) => each.stage === stage),
    );
    expect(Date.parse(checkIn?.start ?? "") - Date.parse(initrd?.end ?? "")).toBeGreaterThan(100);
  });

  test("a Raspberry Pi's EEPROM has its files in one stage of the boot that its UEFI goes on with", async () => {
    expect((await bootPi(lan, PI)).end.step).toBe("started");
    const seen = await lastBoot("gamma");
    expect(seen).toMatchObject({ outcome: "under-way", mac: PI.mac, host: "gamma" });
    expect(seen.steps.map(({ stage }) => stage)).toEqual(["firmware-dhcp", "pi-firmware"]);
    expect(seen.steps[1]?.files).toBeGreaterThan(5);
    expect(seen.steps[1]?.sentBytes).toBe(seen.steps[1]?.sizeBytes);
  });
});
