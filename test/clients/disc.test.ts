/** An ISO image that is laid out as NixOS' is boots where there is no drive: from its own kernel and initrd, by iPXE. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { ensureLabFiles } from "../../src/lab/files.ts";
import { kernelParams } from "../../src/lab/image.ts";
import { buildInitramfs } from "../../src/lab/initramfs.ts";
import { startMachine } from "../../src/lab/machine.ts";
import { createLan } from "../../src/lab/network.ts";
import { waitForBoot } from "../support/boot-images.ts";
import { writeIso } from "../support/iso-image.ts";
import { startMayfly } from "../support/mayfly-server.ts";
import { lacks } from "../support/needs.ts";

const STAMP = "disc";
const SYSTEM = `/nix/store/${"0".repeat(32)}-nixos-system-nixos-25.05`;
const KERNEL = `boot/nix/store/${"1".repeat(32)}-linux-6.12.57/bzImage`;
const INITRD = `boot/nix/store/${"2".repeat(32)}-initrd-linux-6.12.57/initrd`;
const WITHIN_MS = 90_000;

/** As nixpkgs' isoImage writes it, as far as it matters here. */
function grubMenu(params: string): string {
  const entry = (name: string, more: string) => `menuentry 'NixOS 25.05 ${name}' --class installer {
  # Fallback to UEFI console for boot, efifb sometimes has difficulties.
  terminal_output console

  linux /${KERNEL} \${isoboot} init=${SYSTEM}/init ${params} ${more}
  initrd /${INITRD}
}
`;
  return `search --set=root --file /EFI/nixos-installer-image\n${entry("Installer", "")}${entry("(debug)", "debug")}`;
}

test.skipIf(lacks("lan", "lab-files", "dnsmasq", "qemu-system-x86_64", "xorriso", "mformat"))(
  "a BIOS and UEFI by PXE start the Linux of an ISO image, with the whole image in memory where root= says",
  async () => {
    const { amd64 } = await ensureLabFiles();
    const folder = await mkdtemp(join(tmpdir(), "mayfly-disc-"));
    const own = kernelParams({ folder: "", linux: amd64, isa: "x64", stamp: STAMP });
    const iso = join(folder, "image/iso/nixos.iso");
    await writeIso(iso, {
      program: await readFile(amd64.kernel),
      isa: "x64",
      contents: {
        [KERNEL]: await readFile(amd64.kernel),
        // Of an odd length, so that what follows has to be put at an even place.
        [INITRD]: gzipSync(await buildInitramfs(amd64, STAMP), { level: 1 }),
        "EFI/boot/grub.cfg": grubMenu(`${own} root=LABEL=nixos-25.05 boot.shell_on_fail copytoram`),
      },
    });
    const bytes = readFileSync(iso);
    const disc = `mayfly-lab: disc ${bytes.length} ${createHash("sha256").update(bytes).digest("hex")}`;
    const lan = await createLan();
    try {
      const server = await startMayfly(lan, {
        folder,
        hosts: { node: join(folder, "image") },
        config: "dhcp: proxy\nhosts:\n  node:\n    kernelParams: lab.host=yes\ndefault: node",
      });
      for (const [firmware, mac] of [
        ["bios", "52:54:00:77:04:01"],
        ["ovmf", "52:54:00:77:04:02"],
      ] as const) {
        const machine = await startMachine(lan, { firmware, mac, memoryMb: 1024 });
        const { stamp, cmdline } = await waitForBoot(machine, WITHIN_MS);
        expect(stamp).toBe(STAMP);
        expect(cmdline).toContain(`init=${SYSTEM}/init ${own} root=/mayfly.iso boot.shell_on_fail`);
        expect(cmdline).toMatch(/ lab\.host=yes\s*$/);
        expect(machine.text()).toContain(disc);
        await machine.stop();
      }
      await server.stop();
    } finally {
      await lan.close();
      await rm(folder, { recursive: true, force: true });
    }
  },
  3 * WITHIN_MS,
);
