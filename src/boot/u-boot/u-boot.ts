/**
 * What U-Boot is given: a script that is the same for all, and a configuration for each machine.
 *
 * The script has U-Boot ask for its configuration by its own MAC address, as `pxelinux.cfg/01-…`; by
 * that name alone a machine is told, since an address may have been another's a moment ago.
 */

import { WireError } from "../../wire/error.ts";
import { type Mac, parseMac } from "../../wire/net/mac.ts";
import { formatPxeConfig } from "../../wire/u-boot/pxe-config.ts";
import { encodeScriptImage } from "../../wire/u-boot/script-image.ts";
import type { Generation } from "../generation.ts";
import type { Host } from "../host.ts";
import { refuseLong } from "../script/command-line.ts";

/** The name by which most boards ask for a script of their own accord. */
export const U_BOOT_SCRIPT = "boot.scr.uimg";

/** Some boards have room for this much of a command line, and boot nothing where it is longer. */
const SURE_LENGTH = 511;

/** The script, as U-Boot's `source` wants it. */
export function uBootScript(): Uint8Array {
  const script = [
    `echo "Mayfly: asking for the image of this machine, \${ethaddr}"`,
    "if pxe get; then",
    // It comes back only when it could not start the image.
    "  pxe boot",
    "  for again in 1 2 3; do",
    '    echo "Mayfly: the image did not start; asking for it again in 5 seconds"',
    "    sleep 5",
    "    if pxe get; then pxe boot; fi",
    "  done",
    "fi",
    'echo "Mayfly: no image; going on with the next boot option"',
    "",
  ];
  return encodeScriptImage({ name: "Mayfly", script: script.join("\n") });
}

/** Whether a path asks for {@link uBootScript}, in whatever folder. */
export function isUBootScript(path: string): boolean {
  return /(^|\/)boot\.scr(\.uimg)?$/.test(path.toLowerCase());
}

/**
 * The machine that asks by a name of PXELINUX' scheme: hardware type 1, Ethernet, and the MAC address.
 *
 * @returns `undefined` for the other names of the scheme, which tell nothing of the machine
 */
export function macOfPxeConfig(path: string): Mac | undefined {
  const [, mac] = /(?:^|\/)pxelinux\.cfg\/01-([0-9a-f]{2}(?:-[0-9a-f]{2}){5})$/i.exec(path) ?? [];
  return mac === undefined ? undefined : parseMac(mac.toLowerCase());
}

/** Why U-Boot cannot start an image, as what it is instead; `undefined` if it can. */
export function notForUBoot({ bootFile, ownScript, kernel, initrds }: Generation): string | undefined {
  if (bootFile?.type === "uki") return "a unified kernel image";
  if (bootFile !== undefined && kernel === undefined) return "an ISO image";
  if (ownScript !== undefined || kernel === undefined) return "a script for iPXE";
  if (initrds.length > 1) return "a kernel with several initrds";
  switch (kernel.format) {
    case "zboot":
    case "efi":
      return "a kernel that unpacks itself as an EFI program";
    case "elf":
      return "a kernel as an ELF file";
    default:
      return undefined;
  }
}

/**
 * The configuration that boots a generation.
 *
 * @param checkIn - the kernel parameter that says where to report, if it is to
 * @throws {@link WireError} as {@link formatPxeConfig}, and `WIRE_BAD_LENGTH` when the kernel would not read
 * all of the command line, or a board perhaps not take it because of `checkIn`
 */
export function uBootConfig(host: Host, generation: Generation, checkIn = ""): string {
  const [initrd] = generation.initrds;
  const append = [generation.kernelParams, checkIn, host.kernelParams]
    .filter((part) => part !== "")
    .join(" ");
  refuseLong(append);
  if (checkIn !== "" && append.length > SURE_LENGTH) {
    throw new WireError("WIRE_BAD_LENGTH", `some U-Boot takes no more than ${SURE_LENGTH} characters`);
  }
  const path = (file: string) => `media/${generation.id}/${file}`;
  return formatPxeConfig({
    kernel: path(generation.kernel?.file ?? ""),
    ...(initrd === undefined ? {} : { initrd: path(initrd) }),
    append,
  });
}
