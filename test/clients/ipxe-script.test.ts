/** The generated scripts on a real iPXE: the network card ROM of 2019 that QEMU brings. */

import { rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { get } from "node:http";
import { beforeAll, describe, type TestContext, test } from "vitest";
import type { BuildStatus } from "../../src/boot/build/build.ts";
import type { Generation } from "../../src/boot/generation.ts";
import { ensureLabFiles, type LabLinux } from "../../src/lab/files.ts";
import { buildInitramfs } from "../../src/lab/initramfs.ts";
import { waitForBoot } from "../support/boot-images.ts";
import { type HttpRig, startHttpRig } from "../support/http-rig.ts";
import {
  HOST_ADDRESS,
  MACHINE_MAC,
  MACHINE_SERIAL,
  MACHINE_UUID,
  startIpxeMachine,
} from "../support/ipxe-machine.ts";
import { nextEvent } from "../support/media.ts";
import { lacks } from "../support/needs.ts";
import { BETA, GENERATION } from "../support/worlds.ts";

/** Every character that means something to iPXE, and shapes that it would change if it could. */
const HOSTILE = [
  "console=ttyS0 quiet two  blanks   kept",
  "m.quoted=\"a  b\" m.single='c'",
  "|| && ; # ## m.a#b m.a||b",
  "${ open } $ {x} m.dollar$",
  "-x --name y m.tab\there m.back\\slash \\",
].join(" ");

const WITHIN_MS = 60_000;

const BUILDING: ReadonlyMap<string, BuildStatus> = new Map([
  [
    "beta",
    {
      state: "running",
      progress: {
        ...{ builds: { done: 2, expected: 7 }, copies: { done: 0, expected: 0 } },
        ...{ downloadedBytes: 0, expectedBytes: 0 },
      },
    },
  ],
]);

let linux: LabLinux;
let kernel: Uint8Array;

interface Case {
  readonly rig: HttpRig;
  /** Waits for what the machine writes on its serial port. */
  readonly shows: (pattern: RegExp) => Promise<unknown>;
  /** Makes a generation the current one of beta. */
  publish(id: string, more?: Partial<Generation>, script?: string): Promise<void>;
  /** What the booted Linux found in /proc/cmdline, without where it is to report. */
  commandLine(id: string): Promise<string | undefined>;
}

/** A server whose host beta has no image yet, and a machine that asks it. */
async function start(
  context: TestContext,
  path = "/netboot.ipxe",
  maxTransfers?: number,
  builds: ReadonlyMap<string, BuildStatus> = new Map(),
): Promise<Case> {
  const rig = await startHttpRig({}, maxTransfers);
  rig.world.change([
    { type: "withdrawn", image: "beta" },
    { type: "builds", builds },
  ]);
  const machine = await startIpxeMachine(`http://${HOST_ADDRESS}:${rig.port}${path}`);
  context.onTestFinished(async () => {
    await machine.stop();
    await rig.stop();
  });
  return {
    rig,
    shows: (pattern) => machine.waitFor(pattern, WITHIN_MS),
    async publish(id, more = {}, script) {
      const files = new Map([
        ["bzImage", kernel],
        ["initrd.zst", await buildInitramfs(linux, id)],
        ...(script === undefined ? [] : [["netboot.ipxe", new TextEncoder().encode(script)] as const]),
      ]);
      const generation = rig.put({ ...GENERATION, id, ...more }, files);
      rig.world.change([{ type: "published", image: "beta", generation }]);
    },
    async commandLine(id) {
      const { stamp, cmdline } = await waitForBoot(machine, WITHIN_MS);
      return stamp === id ? cmdline.replace(/ mayfly\.checkin=\S+/, "") : undefined;
    },
  };
}

const ownScript = { shape: "own-script", ownScript: "netboot.ipxe" } as const;

// Most of the time each machine waits, so they run side by side.
describe.skipIf(lacks("lab-files", "qemu-system-x86_64")).concurrent("iPXE of 2019 in a BIOS", () => {
  beforeAll(async () => {
    linux = (await ensureLabFiles()).amd64;
    kernel = await readFile(linux.kernel);
  });

  test("waits for an image, starts over when a file is lost, and ends on the new generation, all parameters unchanged (I9)", async (context) => {
    const { rig, shows, publish, commandLine } = await start(context);
    await shows(/beta \(52:54:00:12:34:56\) has no complete image yet.*nix build.*looking again/s);

    await publish("first", { kernelParams: HOSTILE });
    rmSync(rig.pathOf("first", "initrd.zst"));
    await shows(/a file did not arrive.*\n.*attempt 1 of 3 failed; again in 5 seconds/);

    await publish("second", { kernelParams: HOSTILE });
    await shows(/Mayfly boots beta.* \(attempt 2 of 3\) from second/);
    // The kernel is told the last word, an unset ${cmdline}, as nothing.
    context.expect(await commandLine("second")).toBe(`${HOSTILE} initrd=initrd.zst `);

    const scripts = rig.events.filter((event) => event.type === "script");
    context.expect(scripts.map(({ decision }) => decision.type)).toEqual(["refused", "script", "script"]);
    for (const { client } of scripts) {
      const identity = { mac: MACHINE_MAC, uuid: MACHINE_UUID, serial: MACHINE_SERIAL };
      context.expect(client).toMatchObject({ ...identity, isa: "x86", program: "bios-x86", stage: "ipxe" });
    }
    const files = rig.events.filter((event) => event.type === "transfer-ended");
    context
      .expect(files)
      .toMatchObject([
        { path: "media/first/bzImage" },
        { path: "media/second/bzImage", result: "complete" },
        { path: "media/second/initrd.zst", result: "complete" },
      ]);
  });

  test("waits for its turn while another machine fetches an image, and boots then (I10)", async (context) => {
    const { rig, shows, publish, commandLine } = await start(context, "/netboot.ipxe", 1);
    // Slow enough to last until this machine was turned away.
    const slow = get(`${rig.base}/media/${rig.generation.id}/initrd.zst?rate=65536`);
    await rig.event("transfer-started");
    await publish("turns");
    await shows(/Mayfly boots beta.* from turns/);
    const { reason } = await rig.event("refused");
    context.expect(reason).toMatch(/^1 images are being fetched.*come back in [2-6] s$/);
    slow.destroy();
    // It asked for the file again by itself: no attempt failed.
    context.expect(await commandLine("turns")).toContain("initrd=initrd.zst");
    context.expect(rig.scripts).toEqual(["turns"]);
  });

  test("comes back by itself for as long as the first build of its host takes, and boots then (I10)", async (context) => {
    const { rig, shows, publish, commandLine } = await start(context, "/netboot.ipxe", undefined, BUILDING);
    await shows(/The first build of beta is under way: 2 of 7 built\..*looking again in 10 seconds\./s);
    // The second time it asks it is told to come back, and does so by itself.
    for (let i = 0; i < 2; i++) await nextEvent(rig.world, "script", ({ wait }) => wait === 2, WITHIN_MS);
    await publish("built");
    rig.world.change([{ type: "builds", builds: new Map() }]);
    context.expect(await commandLine("built")).toContain("initrd=initrd.zst");
    context.expect(rig.scripts).toEqual(["built"]);
  });

  test("an image's own script runs in its generation's path, with the host's parameters", async (context) => {
    const { rig, publish, commandLine } = await start(context, "/ipxe/autoexec.ipxe");
    const script = "#!ipxe\nkernel bzImage initrd=initrd.zst quiet ${cmdline}\ninitrd initrd.zst\nboot\n";
    rig.world.change([{ type: "hosts", hosts: [{ ...BETA, kernelParams: "m.own=1  m.two=2" }] }]);
    await publish("own", ownScript, script);
    context.expect(await commandLine("own")).toBe("initrd=initrd.zst quiet m.own=1  m.two=2 ");
  });

  test("gives up after three attempts and leaves the machine to its next boot option (I15)", async (context) => {
    const { rig, shows, publish } = await start(context);
    await publish("broken", ownScript, "#!ipxe\necho this script fails\nfalse-command\n");
    await shows(/this script fails.*attempt 1 of 3 failed/s);
    await shows(/\(attempt 2 of 3\).*this script fails.*attempt 2 of 3 failed/s);
    await shows(/\(attempt 3 of 3\).*this script fails.*attempt 3 of 3 failed too; giving up/s);
    await shows(/going on with the next boot option.*No bootable device/s);
    context.expect(rig.scripts).toEqual(["broken", "broken", "broken"]);
  });

  test("a stranger reads who it is and what mends it, then goes on (I15)", async (context) => {
    const { rig, shows } = await start(context);
    rig.world.change([{ type: "hosts", hosts: [] }]);
    await shows(/no image for this machine, 52:54:00:12:34:56.*hosts\/52-54-00-12-34-56/s);
    await shows(/going on with the next boot option.*No bootable device/s);
  });
});
