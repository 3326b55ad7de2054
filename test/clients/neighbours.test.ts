/** Machines that are none of Mayfly's business are left alone: their firmware and their DHCP server go on as ever. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startMachine } from "../../src/lab/machine.ts";
import { createLan, type Lan } from "../../src/lab/network.ts";
import type { Program } from "../../src/lab/program.ts";
import { makeImage } from "../support/boot-images.ts";
import { encodeBootDisk } from "../support/boot-sector.ts";
import { startMayfly } from "../support/mayfly-server.ts";
import { lacks } from "../support/needs.ts";

const DISK_TEXT = "booted from its own disk";
const UDHCPC_SCRIPT = "#!/bin/sh\nset | grep -v -e '^_' -e '^PPID'\n";

describe.skipIf(lacks("lan", "lab-files", "dnsmasq", "busybox", "qemu-system-x86_64"))(
  "beside a Mayfly that has an image for another machine",
  () => {
    let folder = "";
    let lan: Lan;
    let server: Program;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "mayfly-neighbours-"));
      const image = await makeImage(folder, "x64", "beta-1");
      lan = await createLan();
      server = await startMayfly(lan, { folder, hosts: { "52-54-00-77-09-99": image.folder } });
    });
    afterAll(async () => {
      await server?.stop();
      await lan?.close();
      await rm(folder, { recursive: true, force: true });
    });

    test("a BIOS machine that nothing matches goes on to its own disk, and the log says that it was left alone", async () => {
      const image = join(folder, "disk.img");
      await writeFile(image, encodeBootDisk(DISK_TEXT));
      const mac = "52:54:00:77:09:01";
      const machine = await startMachine(lan, { firmware: "bios", mac, disk: { image } });
      try {
        await machine.waitFor(new RegExp(DISK_TEXT), 60_000);
        expect(machine.text()).toContain("Nothing to boot");
        await server.waitFor(new RegExp(`${mac}.*left alone`), 1_000);
      } finally {
        await machine.stop();
      }
    });

    test("an x64 UEFI machine that nothing matches hears no offer, and goes on to its next boot option", async () => {
      const mac = "52:54:00:77:09:02";
      const machine = await startMachine(lan, { firmware: "ovmf", mac });
      try {
        await machine.waitFor(/No valid offer received.*Start PXE over IPv6/s, 120_000);
        expect(machine.text()).not.toContain("NBP filename");
      } finally {
        await machine.stop();
      }
    });

    test("udhcpc gets from its router, with Mayfly running, what it gets without", async () => {
      const script = join(folder, "udhcpc.sh");
      await writeFile(script, UDHCPC_SCRIPT, { mode: 0o755 });
      const client = await lan.addHost("client");
      const lease = () =>
        client.run("busybox", "udhcpc", "-i", "eth0", "-f", "-q", "-n", "-t", "3", "-T", "1", "-s", script);
      const before = parseLease(await lease());
      expect(before).toMatchObject({ serverid: "10.77.0.1", siaddr: "10.77.0.1" });
      await server.stop();
      expect(parseLease(await lease())).toEqual(before);
    });
  },
);

/** What udhcpc tells its script about a lease; the address and its times are the router's own business. */
function parseLease(output: string): Readonly<Record<string, string>> {
  const variables = [...output.matchAll(/^([a-z]\w*)='(.*)'$/gm)].map(([, name = "", value = ""]) => [
    name,
    value,
  ]);
  return Object.fromEntries(variables);
}
