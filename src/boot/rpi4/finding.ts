/** What is wrong with a Raspberry Pi's boot folder: each with a stable code, a sentence and a cure. */

export type FindingCode =
  | "missing-file" // a file without which no Pi 4 boots
  | "not-firmware" // RPI_EFI.fd is no UEFI firmware, or not whole
  | "not-elf" // start4.elf is no program of the GPU, or not whole
  | "not-device-tree" // a .dtb or .dtbo is no device tree, or not whole
  | "not-efi-program" // bootaa64.efi is no EFI program for arm64
  | "firmware-mismatch" // start4.elf and fixup4.dat are of different releases
  | "address-pair" // config.txt puts the device tree where the firmware does not look for it
  | "device-tree-room" // the device tree is longer than the place that it gets
  | "armstub-missing" // config.txt does not name the UEFI firmware, or names a file that is not there
  | "overlay-missing" // a dtoverlay= has no file
  | "include-missing" // an include has no file
  | "line-too-long" // the firmware ignores the end of a line
  | "eeprom-update" // a file that a Pi would write into its EEPROM
  | "changed-file"; // not what assemble wrote

export interface Finding {
  readonly code: FindingCode;
  /** `error`: a Pi does not boot from it, or not rightly. `warning`: worth knowing. */
  readonly level: "error" | "warning";
  /** A file, or a line of one: `config.txt:9`. */
  readonly place: string;
  readonly text: string;
  readonly cure: string;
}

/** One line for a person. */
export function formatFinding({ code, level, place, text, cure }: Finding): string {
  return `${level}: ${place}: ${text}; ${cure} [${code}]`;
}
