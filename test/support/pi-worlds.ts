/** Worlds for tests in which there are boot folders of Raspberry Pis. */

import type { Generation } from "../../src/boot/generation.ts";
import type { Host } from "../../src/boot/host.ts";
import type { PiTree } from "../../src/boot/rpi4/pi-tree.ts";
import { apply, type Change, EMPTY_SNAPSHOT, type Snapshot } from "../../src/boot/snapshot.ts";
import { BETA, PROGRAMS } from "./worlds.ts";

export const PI_MAC = "dc:a6:32:01:36:c2";
export const PI_SERIAL = "5b154510";

/** A host that is known by its serial number alone, in the spelling of its board. */
export const PI_HOST: Host = { ...BETA, macs: [], serials: ["10000000".concat(PI_SERIAL.toUpperCase())] };

export const PI_GENERATION: Generation = {
  id: "0c1m2n3p4q5r6s7v8w9x0y1z2a3b4c5d-kexec-tree",
  shape: "netboot",
  path: "/nix/store/0c1m2n3p4q5r6s7v8w9x0y1z2a3b4c5d-kexec-tree",
  kernel: { file: "Image", isa: "arm64", version: "6.12.9" },
  initrds: ["initrd"],
  kernelParams: "init=/nix/store/abc-nixos-system-beta/init initrd=initrd loglevel=4",
  files: new Map([
    ["Image", 40_000_000],
    ["initrd", 300_000_000],
    ["dtbs/broadcom/bcm2711-rpi-4-b.dtb", 30_000],
  ]),
};

/** What a Pi 4 needs to start UEFI. */
export const UEFI_PLACES: readonly string[] = [
  ...["start4.elf", "fixup4.dat", "config.txt", "RPI_EFI.fd", "bcm2711-rpi-4-b.dtb"],
  ...["overlays/miniuart-bt.dtbo", "efi/boot/bootaa64.efi"],
];
/** What it needs to boot a kernel itself. */
export const NATIVE_PLACES: readonly string[] = ["start4.elf", "fixup4.dat"];

/** A folder in which each file has as many bytes as its name has letters. */
export function piTree(folder: string, places: readonly string[]): PiTree {
  return new Map(
    places.map((place) => [
      place,
      { path: `${folder}/${place}`, sizeBytes: place.length, stamp: `${folder} 1` },
    ]),
  );
}

export interface PiWorld {
  readonly shared?: readonly string[];
  readonly own?: readonly string[];
  readonly hosts?: readonly Host[];
  readonly generation?: Generation | false;
  readonly more?: readonly Change[];
}

export function piWorld({
  shared = UEFI_PLACES,
  own = [],
  hosts = [PI_HOST],
  generation = PI_GENERATION,
  more = [],
}: PiWorld = {}): Snapshot {
  return apply(EMPTY_SNAPSHOT, [
    { type: "hosts", hosts },
    { type: "programs", programs: PROGRAMS },
    ...(generation === false ? [] : [{ type: "published", image: "beta", generation } as const]),
    {
      type: "pi-trees",
      trees: {
        shared: piTree("/media/rpi4", shared),
        own: new Map(own.length === 0 ? [] : [["beta", piTree("/media/hosts/beta.rpi4", own)]]),
      },
    },
    ...more,
  ]);
}

/** What the EEPROM's DISCOVER has taught. */
export const SEEN: Change = { type: "pi-seen", mac: PI_MAC, pi: { serial: PI_SERIAL, model: 4 } };
