/** What a host says of itself where it is a Raspberry Pi. */

import * as z from "zod";
import type { PiWishes } from "../boot/rpi4/pi-tree.ts";
import { isNeverServed } from "../boot/rpi4/places.ts";
import { list, text, wholeNumber } from "./raw-parts.ts";

const WANT = {
  rpi4: "settings of a Raspberry Pi, as in 'rpi4: { ramLimit: off }'",
  serve: "a list of files that a Pi writes its EEPROM with, such as [pieeprom.upd, pieeprom.sig]",
  file: "the name of such a file: pieeprom.upd, pieeprom.sig, vl805.sig, recovery.elf, …",
  switch: "true or false",
  boot: "uefi or native",
  ramLimit: "on or off",
  systemTable: "acpi, dt or both",
  seconds: "a number of seconds from 0 to 65534",
} as const;

const SHAPE = {
  boot: z
    .enum(["uefi", "native"], { error: WANT.boot })
    .nullish()
    .describe(
      "How it starts its image. uefi: by RPI_EFI.fd and iPXE. native: kernel and initrd by TFTP, without UEFI. " +
        "Default: uefi where there is an RPI_EFI.fd, else native.",
    ),
  ramLimit: z
    .enum(["on", "off"], { error: WANT.ramLimit })
    .nullish()
    .describe("Whether its UEFI shows 3 GB of memory at most. Default: as the firmware was built."),
  systemTable: z
    .enum(["acpi", "dt", "both"], { error: WANT.systemTable })
    .nullish()
    .describe(
      "How its UEFI describes the board: acpi, a device tree (dt), or both. Default: as the firmware was built.",
    ),
  bootTimeoutSeconds: wholeNumber(WANT.seconds, 0, 65_534)
    .nullish()
    .describe("How long its UEFI waits for a key. Default: as the firmware was built."),
  rollover: z
    .boolean({ error: WANT.switch })
    .nullish()
    .describe(
      "Whether its EEPROM is of September 2025 or later, and can fetch files of any size. Default: false.",
    ),
  serve: list(text(WANT.file, isNeverServed), WANT.serve)
    .nullish()
    .describe("Files by which a Pi overwrites its EEPROM, and which are never sent unless named here."),
};

export const rpi4 = z
  .strictObject(SHAPE, { error: `keys of rpi4: ${Object.keys(SHAPE).join(", ")}` })
  .nullish();

/** What is a number here. */
export const RPI4_NUMBER_KEYS: readonly string[] = ["bootTimeoutSeconds"];

/** As the host has it; absent where nothing is said. */
export function piWishes(raw: z.infer<typeof rpi4>): { readonly rpi4?: PiWishes } {
  const said = Object.entries(raw ?? {}).filter(([, value]) => value != null);
  return said.length === 0 ? {} : { rpi4: Object.fromEntries(said) as PiWishes };
}
