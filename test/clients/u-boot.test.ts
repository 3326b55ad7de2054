/** Real U-Boot boots where its DHCP server points at Mayfly: it does not hear a proxy. */

import { mkdtemp, rename, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ensureLabFiles } from "../../src/lab/files.ts";
import { type Machine, startMachine } from "../../src/lab/machine.ts";
import { createLan, type Lan } from "../../src/lab/network.ts";
import type { Program } from "../../src/lab/program.ts";
import { makeBootFileImage } from "../support/boot-file-images.ts";
import { makeImage, type TestImage, waitForBoot } from "../support/boot-images.ts";
import { startMayfly } from "../support/mayfly-server.ts";
import { lacks } from "../support/needs.ts";

const WITHIN_MS = 120_000;
/** U-Boot for QEMU has an address of its own, whatever its network card has. */
const MAC = "52:52:52:52:52:52";

const lacking = lacks("lan", "lab-files", "dnsmasq", "qemu-system-aarch64");

describe.skipIf(lacking)("U-Boot whose DHCP server names Mayfly", () => {
  let folder: string;
  let lan: Lan;
  let server: Program;
  let image: TestImage;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "mayfly-u-boot-"));
    image = await makeImage(folder, "arm64", "pi-1", { layout: "homestakeros" });
    lan = await createLan({ routerArguments: ["--dhcp-boot=,,10.77.0.2"] });
    server = await serve({ pi: image.folder });
  });
  afterAll(async () => {
    await server?.stop();
    await lan?.close();
    await rm(folder, { recursive: true, force: true });
  });

  function serve(hosts: Readonly<Record<string, string>>): Promise<Program> {
    const config = `hosts:\n  pi: { macs: ["${MAC}"], kernelParams: 'lab.home=$HOME lab.quoted="a b" lab.end' }\n`;
    return startMayfly(lan, { folder, hosts, config });
  }

  async function withMachine(look: (machine: Machine) => Promise<void>): Promise<void> {
    const { debian12 } = await ensureLabFiles();
    const options = { firmware: "u-boot", mac: MAC, flash: debian12.uBoot, memoryMb: 1024 } as const;
    const machine = await startMachine(lan, options);
    try {
      await look(machine);
    } finally {
      await machine.stop();
    }
  }

  test("fetches boot.scr.uimg, its configuration by MAC address, kernel and initrd (Q6, Q8, T7)", () =>
    withMachine(async (machine) => {
      const { stamp, cmdline } = await waitForBoot(machine, WITHIN_MS);
      expect(stamp).toBe(image.stamp);
      expect(cmdline).toMatch(/^initrd=initrd\.zst .* lab\.home=\$HOME lab\.quoted="a b" lab\.end$/);
    }));

  test("asks for its image again when the server went away amid the kernel, and boots", () =>
    withMachine(async (machine) => {
      await lan.limit(machine.tap, 100_000_000);
      await machine.waitFor(/Filename 'media\/\S+'[^#]*#/, WITHIN_MS);
      await server.stop();
      await machine.waitFor(/Mayfly: the image did not start; asking for it again/, WITHIN_MS);
      server = await serve({});
      const { stamp } = await waitForBoot(machine, WITHIN_MS);
      expect(stamp).toBe(image.stamp);
    }));

  test("reads on its screen why an image is none for it, and goes on (T10)", async () => {
    const uki = await makeBootFileImage(folder, "uki", "arm64", "uki-1");
    const link = join(folder, "boot-media/hosts/pi");
    await symlink(uki.folder, `${link}.tmp-1-1`);
    await rename(`${link}.tmp-1-1`, link);
    await server.waitFor(/pi: (\S+) \(Linux.*is live.*\n(.*\n)*.*pi: (?!\1)\S+ \(Linux.*is live/, 30_000);
    await withMachine(async (machine) => {
      await machine.waitFor(
        /TFTP error: 'Mayfly: the image of pi is a unified kernel image.*kexecTree for pi/,
        WITHIN_MS,
      );
      await machine.waitFor(/Mayfly: no image; going on with the next boot option/, WITHIN_MS);
    });
  });
});
