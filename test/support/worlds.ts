/** Worlds for tests: snapshots in which every machine, or none, has something to boot. */

import type { ProgramKind } from "../../src/boot/arch.ts";
import type { Generation } from "../../src/boot/generation.ts";
import type { Host } from "../../src/boot/host.ts";
import type { BootProgram } from "../../src/boot/program/program.ts";
import { apply, EMPTY_SNAPSHOT, type Snapshot } from "../../src/boot/snapshot.ts";

export const BETA_MAC = "52:54:00:12:34:56";

export const BETA: Host = {
  name: "beta",
  macs: [BETA_MAC],
  uuids: [],
  serials: [],
  image: "beta",
  kernelParams: "",
  onFailure: "next",
};

export const DEFAULT_HOST: Host = { ...BETA, name: "default", macs: [], image: "default" };

export const GENERATION: Generation = {
  id: "0c1m2n-kexec-tree",
  shape: "homestakeros",
  path: "/nix/store/0c1m2n-kexec-tree",
  kernel: { file: "bzImage", isa: "x86", version: "6.12.9" },
  initrds: ["initrd.zst"],
  kernelParams: "init=/nix/store/abc-nixos-system-beta/init initrd=initrd.zst loglevel=4",
  files: new Map([
    ["bzImage", 12_400_000],
    ["initrd.zst", 345_000_000],
    ["netboot.ipxe", 120],
  ]),
};

/** Its kernel does not tell what machine it is for, so that it fits every one. */
const FITS_ALL: Generation = { ...GENERATION, kernel: { file: "bzImage" } };

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

/** A snapshot in which `hosts` exist and each given generation is the current one of image `beta`, in turn. */
export function snapshotOf(hosts: readonly Host[], ...generations: readonly Generation[]): Snapshot {
  return apply(EMPTY_SNAPSHOT, [
    { type: "hosts", hosts },
    ...generations.map((generation) => ({ type: "published", image: "beta", generation }) as const),
  ]);
}

/** A snapshot in which {@link GENERATION} has these files, by name and size. */
export function snapshotWith(
  files: ReadonlyMap<string, number>,
  programs: readonly BootProgram[] = [],
): Snapshot {
  return apply(snapshotOf([], { ...GENERATION, files }), [{ type: "programs", programs }]);
}

/** Every machine is the default host, and gets the same generation. */
export function worldForEveryone(): Snapshot {
  return apply(EMPTY_SNAPSHOT, [
    { type: "hosts", hosts: [DEFAULT_HOST], defaultHost: DEFAULT_HOST.name },
    { type: "published", image: DEFAULT_HOST.image, generation: FITS_ALL },
    { type: "programs", programs: PROGRAMS },
  ]);
}

/** Only these machines are known; everybody else is left alone. */
export function worldFor(...macs: readonly string[]): Snapshot {
  const host = { ...BETA, macs };
  return apply(EMPTY_SNAPSHOT, [
    { type: "hosts", hosts: [host] },
    { type: "published", image: "beta", generation: FITS_ALL },
    { type: "programs", programs: PROGRAMS },
  ]);
}
