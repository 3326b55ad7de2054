/** Makes nix results out of nothing: a private store with as many builds as wanted, small but complete. */

import { mkdir, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

const NIX32 = "0123456789abcdfghijklmnpqrsvwxyz";

/** A store path's hash part, the same for the same number. */
function hashPart(number: number): string {
  let seed = number * 2_654_435_761 + 12_345;
  return Array.from({ length: 32 }, () => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return NIX32[(seed >>> 16) % 32];
  }).join("");
}

/** An x86 kernel as far as its header goes. */
function fakeKernel(version: string): Uint8Array {
  const kernel = new Uint8Array(4096);
  const view = new DataView(kernel.buffer);
  kernel[0x1f1] = 1;
  kernel.set(new TextEncoder().encode("HdrS"), 0x202);
  view.setUint16(0x206, 0x020f, true);
  view.setUint16(0x20e, 0x400, true);
  view.setUint16(0x236, 1, true);
  kernel.set(new TextEncoder().encode(`${version} (bench)\0`), 0x600);
  view.setUint16(0x1fe, 0xaa55, true);
  return kernel;
}

/** Builds number `number` of `name` in `scratch/store`, in HomestakerOS' shape; gives the store path. */
export async function buildResult(scratch: string, name: string, number: number): Promise<string> {
  const path = join(scratch, "store", `${hashPart(number)}-${name}-kexec-tree`);
  await mkdir(path, { recursive: true });
  const init = `/nix/store/${hashPart(number)}-nixos-system-${name}/init`;
  const files: Record<string, string | Uint8Array> = {
    bzImage: fakeKernel(`6.12.${number}`),
    "initrd.zst": `initrd of build ${number}\n`.repeat(2000),
    "netboot.ipxe":
      "#!ipxe\nchain --autofree variables.ipxe\nkernel bzImage ${kernel-params} ${cmdline}\ninitrd initrd.zst\nboot\n",
    "variables.ipxe": `#!ipxe\nset kernel-params init=${init} initrd=initrd.zst loglevel=4 build=${number}\n`,
    "kexec-boot": "#!/usr/bin/env bash\n",
  };
  for (const [file, content] of Object.entries(files)) await writeFile(join(path, file), content);
  return path;
}

/** Points a link elsewhere as nix does: a new link beside it, renamed over the old one. */
export async function swapLink(link: string, target: string, serial: number): Promise<void> {
  const temporary = `${link}.tmp-${process.pid}-${serial}`;
  await symlink(target, temporary);
  await rename(temporary, link);
}
