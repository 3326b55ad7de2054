/** The files without which a Raspberry Pi 4 does not boot into UEFI and iPXE, and where to get each. */

import { PI_4B } from "./board.ts";
import { BOOT_PROGRAM } from "./places.ts";

export interface Required {
  readonly place: string;
  /** Goes on from "it is not there, and …". */
  readonly why: string;
  /** A cure. */
  readonly from: string;
}

const RELEASE = "give the UEFI release zip (https://github.com/pftf/RPi4/releases), or --download";

export const REQUIRED: readonly Required[] = [
  { place: "RPI_EFI.fd", why: "it is the UEFI firmware", from: RELEASE },
  { place: "start4.elf", why: "it is the first file that a Pi fetches", from: RELEASE },
  { place: "fixup4.dat", why: "start4.elf needs it", from: RELEASE },
  { place: "config.txt", why: "it tells the Pi to start UEFI", from: RELEASE },
  { place: PI_4B.deviceTree, why: "it describes the board", from: RELEASE },
  {
    place: BOOT_PROGRAM,
    why: "it is what UEFI fetches",
    from: "give an iPXE for arm64 or pipxe's output (https://github.com/valtzu/pipxe/releases), or put ipxe-arm64.efi into boot-media/ipxe/",
  },
];
