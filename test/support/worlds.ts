/** Worlds for tests: snapshots in which every machine, or none, has something to boot. */

import type { ProgramKind } from "../../src/boot/arch.ts";
import type { Generation } from "../../src/boot/generation.ts";
import type { Host } from "../../src/boot/host.ts";
import type { BootProgram } from "../../src/boot/program.ts";
import { apply, EMPTY_SNAPSHOT, type Snapshot } from "../../src/boot/snapshot.ts";

/** A generation whose kernel does not tell what machine it is for, so that it fits every one. */
export const GENERATION: Generation = {
  id: "abc123-nixos",
  shape: "plain",
  path: "/images/abc123-nixos",
  kernel: { file: "bzImage" },
  initrds: ["initrd"],
  kernelParams: "",
  files: new Map([
    ["bzImage", 100],
    ["initrd", 200],
  ]),
};

export const DEFAULT_HOST: Host = {
  name: "default",
  macs: [],
  uuids: [],
  serials: [],
  image: "default",
  kernelParams: "",
  onFailure: "next",
};

/** One program of each kind, under names as they are served. */
export const PROGRAMS: readonly BootProgram[] = (
  [
    ["bios-x86", "undionly.kpxe"],
    ["efi-x86", "ipxe-x86.efi"],
    ["efi-x64", "ipxe-x64.efi"],
    ["efi-arm32", "ipxe-arm32.efi"],
    ["efi-arm64", "ipxe-arm64.efi"],
    ["efi-riscv64", "ipxe-riscv64.efi"],
    ["efi-loong64", "ipxe-loong64.efi"],
  ] as const satisfies readonly (readonly [ProgramKind, string])[]
).map(([kind, name]) => ({ kind, name, path: `/programs/${name}`, sizeBytes: 1_000 }));

/** Every machine is the default host, and gets {@link GENERATION}. */
export function worldForEveryone(): Snapshot {
  return apply(EMPTY_SNAPSHOT, [
    { type: "hosts", hosts: [DEFAULT_HOST], defaultHost: DEFAULT_HOST.name },
    { type: "published", image: DEFAULT_HOST.image, generation: GENERATION },
    { type: "programs", programs: PROGRAMS },
  ]);
}

/** Only these machines are known; everybody else is left alone. */
export function worldFor(...macs: readonly string[]): Snapshot {
  const host = { ...DEFAULT_HOST, name: "beta", image: "beta", macs };
  return apply(EMPTY_SNAPSHOT, [
    { type: "hosts", hosts: [host] },
    { type: "published", image: "beta", generation: GENERATION },
    { type: "programs", programs: PROGRAMS },
  ]);
}
