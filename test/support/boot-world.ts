/** A small world for tests: one host with one generation. */

import type { Generation } from "../../src/boot/generation.ts";
import type { Host } from "../../src/boot/host.ts";
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

/** A snapshot in which `hosts` exist and each given generation is the current one of image `beta`, in turn. */
export function snapshotOf(hosts: readonly Host[], ...generations: readonly Generation[]): Snapshot {
  return apply(EMPTY_SNAPSHOT, [
    { type: "hosts", hosts },
    ...generations.map((generation) => ({ type: "published", image: "beta", generation }) as const),
  ]);
}
