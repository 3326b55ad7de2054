/** The kinds of parts that a Raspberry Pi 4's boot folder is assembled from. */

export type PartKind =
  | "file" // one file, given by itself
  | "uefi-release" // the release zip of pftf/RPi4
  | "pipxe" // RPI_EFI.fd with bootaa64.efi, as valtzu/pipxe builds them
  | "tree" // a folder that was assembled before
  | "firmware" // start4.elf and fixup4.dat: Debian's raspi-firmware, or `boot` of raspberrypi/firmware
  | "overlays" // `boot/overlays` of raspberrypi/firmware
  | "ipxe" // iPXE for arm64
  | "server"; // the boot program that the server has for arm64
