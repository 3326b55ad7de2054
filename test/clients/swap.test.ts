/** A result made, swapped and collected by real nix while a machine is in the middle of its initrd. */

import { access, mkdtemp, readlink, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startMachine } from "../../src/lab/machine.ts";
import { createLan, type Lan } from "../../src/lab/network.ts";
import type { Program } from "../../src/lab/program.ts";
import { makeImage, waitForBoot } from "../support/boot-images.ts";
import { startMayfly } from "../support/mayfly-server.ts";
import { lacks } from "../support/needs.ts";
import { KEXEC_TREE } from "../support/nix-expressions.ts";
import { createNixStore, type NixStore } from "../support/nix-store.ts";

const FILES = ["bzImage", "initrd.zst", "netboot.ipxe", "variables.ipxe", "kexec-boot"];
const MAC = "52:54:00:77:03:01";
/** Slow enough to see the initrd begin, and then to hold the machine in the middle of it for as long as it takes. */
const BITS_PER_SECOND = 50_000_000;
const HELD_BITS_PER_SECOND = 1_000_000;
const PAD_MB = 48;
const WITHIN_MS = 120_000;

describe.skipIf(lacks("lan", "lab-files", "dnsmasq", "qemu-system-x86_64", "nix-build"))(
  "a machine whose image is built again while it fetches its initrd",
  () => {
    let folder = "";
    let link = "";
    let lan: Lan;
    let server: Program;
    let nix: NixStore;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "mayfly-swap-"));
      link = join(folder, "boot-media/hosts/beta");
      nix = createNixStore(folder);
      lan = await createLan();
      server = await startMayfly(lan, {
        folder,
        config: `logLevel: debug\nhosts: { beta: { macs: ["${MAC}"] } }\n`,
      });
    });
    afterAll(async () => {
      await server?.stop();
      await lan?.close();
      await rm(folder, { recursive: true, force: true });
    });

    async function build(stamp: string): Promise<string> {
      const image = await makeImage(join(folder, "builds"), "x64", stamp, { padMb: PAD_MB });
      const files = `[ ${FILES.map((file) => JSON.stringify(file)).join(" ")} ]`;
      return nix.build(KEXEC_TREE, ["--argstr", "folder", image.folder, "--arg", "files", files], link);
    }

    test("finishes on the build that it started with, which nix cannot collect, and boots the new one next", async () => {
      const old = await build("beta-1");
      await server.waitFor(new RegExp(`beta: ${baseName(old)}.* live for the next boot`), 5_000);

      const first = await startMachine(lan, { firmware: "bios", mac: MAC });
      await lan.limit(first.tap, BITS_PER_SECOND);
      const initrd = `media/${baseName(old)}/initrd.zst by http`;
      await server.waitFor(new RegExp(`fetches ${initrd}`), WITHIN_MS);
      await lan.limit(first.tap, HELD_BITS_PER_SECOND);

      const next = await build("beta-2");
      expect(await readlink(link)).toBe(next);
      await server.waitFor(new RegExp(`beta: ${baseName(next)}.* live for the next boot`), 5_000);
      const collected = await nix.collectGarbage();

      // All of that happened while the machine was still fetching, and the collector did look.
      expect(server.text()).not.toContain(`${initrd}: `);
      expect(collected).toContain("deleting garbage");
      await expect(access(join(old, "initrd.zst"))).resolves.toBeUndefined();
      await lan.limit(first.tap);
      expect((await waitForBoot(first, WITHIN_MS)).stamp).toBe("beta-1");
      await first.ended;

      const second = await startMachine(lan, { firmware: "bios", mac: MAC });
      expect((await waitForBoot(second, WITHIN_MS)).stamp).toBe("beta-2");
      await second.ended;
    });
  },
);

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
