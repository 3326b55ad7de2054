/** The part of an iPXE script that boots an image which is one file: a UKI as a kernel, an ISO image as a disk. */

import { formatArgument, formatArguments, formatEcho, formatExpansion } from "../../wire/ipxe/script.ts";
import type { BootFile, Generation } from "../generation.ts";
import type { Host } from "../host.ts";
import { commandLine, imageName } from "./command-line.ts";
import { misfitSentences, needsDriveSentences } from "./refusal.ts";

export interface BootFileRequest {
  readonly host: Host;
  readonly generation: Generation;
  readonly bootFile: BootFile;
  /** Where the file is, as an argument of a script. */
  readonly url: string;
  /** The kernel parameter that says where to report; an ISO image has no place for it. */
  readonly checkIn?: string | undefined;
  /** What follows when this firmware can never start it. */
  readonly giveUp: readonly string[];
}

/**
 * The steps up to the end of the boot or, where it failed, to what follows them.
 *
 * Which firmware iPXE runs on is asked there: the URL of the script need not tell.
 *
 * @throws {@link import("../../wire/error.ts").WireError} as {@link commandLine}
 */
export function bootFileSteps(request: BootFileRequest): string[] {
  const { host, generation, bootFile, giveUp } = request;
  return [
    ...askPlatform(bootFile),
    ...(bootFile.type === "uki" ? ukiSteps(request) : isoSteps(request)),
    "goto retry",
    ":misfit",
    ...misfitSentences(host.name, generation).flatMap(formatEcho),
    ...giveUp,
  ];
}

function askPlatform({ isas, bios }: BootFile): string[] {
  const uefi = isas === undefined || isas.length > 0;
  if (uefi && bios) return [];
  return [`iseq ${formatExpansion("platform")} ${uefi ? "efi" : "pcbios"} || goto misfit`];
}

/**
 * What stands behind the name takes the place of the command line in the image, unless Secure Boot
 * is on, so the image's own is given again.
 */
function ukiSteps({ host, generation, bootFile, url, checkIn }: BootFileRequest): string[] {
  const params = commandLine(host, generation, checkIn);
  const words = params === "" ? [] : [formatArguments(params)];
  const load = `kernel --name ${formatArgument(imageName(bootFile.file))} ${url}`;
  return [
    `${[load, ...words, formatExpansion("cmdline")].join(" ")} || goto retry`,
    "boot ||",
    ...formatEcho(
      "Mayfly: the image arrived, but iPXE could not start it; the line above says why. " +
        "Usual reasons: too little memory, an image for another machine, Secure Boot.",
    ),
  ];
}

/** Over HTTP the disk is there as long as iPXE is: up to the moment when Linux takes over. */
function isoSteps({ url, host, bootFile, giveUp }: BootFileRequest): string[] {
  if (bootFile.needsDrive)
    return [...needsDriveSentences(host.name, bootFile).flatMap(formatEcho), ...giveUp];
  return [
    ...formatEcho(
      "Mayfly: through iPXE only the boot loader on an ISO image can read it. A Linux that looks for its CD " +
        "later finds none: boot this machine by UEFI HTTP Boot, or build a kernel and an initrd.",
    ),
    `sanboot --no-describe ${url} ||`,
    ...formatEcho("Mayfly: iPXE could not boot the ISO image; the line above says why."),
  ];
}
