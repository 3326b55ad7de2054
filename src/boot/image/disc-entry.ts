/**
 * Tells from an ISO image's own boot menu what Linux it starts, and whether that can start without the disc:
 * from its kernel and its initrd, with the whole image as one more file in the initrd.
 */

import { splitParameters } from "../history/word-diff.ts";

/** What the first entry of a boot menu starts, paths as on the disc. */
export interface DiscEntry {
  readonly kernel: string;
  readonly initrd: string;
  readonly kernelParams: string;
}

/** Where boot menus are; the first one that is there and says something counts. */
export const DISC_MENUS = ["EFI/boot/grub.cfg", "boot/grub/grub.cfg", "isolinux/isolinux.cfg"] as const;

export function readDiscMenu(path: string, text: string): DiscEntry | undefined {
  return path.endsWith("isolinux.cfg") ? readIsolinux(text) : readGrub(text);
}

/** The entry that GRUB starts by itself: the first one. */
function readGrub(text: string): DiscEntry | undefined {
  const [, kernel, params = ""] = /^\s*linux(?:efi)?\s+(\S+)(.*)$/m.exec(text) ?? [];
  const [, initrd] = /^\s*initrd(?:efi)?\s+(\S+)\s*$/m.exec(text) ?? [];
  return entryOf(kernel, initrd, params);
}

/** The entry that SYSLINUX starts by itself: the one that `DEFAULT` names, else the first one. */
function readIsolinux(text: string): DiscEntry | undefined {
  const labels = text.split(/^\s*LABEL\s+/im).slice(1);
  const [, wanted] = /^\s*DEFAULT\s+(\S+)/im.exec(text) ?? [];
  const label = labels.find((each) => each.split(/\s/, 1)[0] === wanted) ?? labels[0] ?? "";
  const value = (key: string) => new RegExp(`^\\s*${key}\\s+(.*?)\\s*$`, "im").exec(label)?.[1];
  return entryOf(value("(?:LINUX|KERNEL)"), value("INITRD"), value("APPEND") ?? "");
}

function entryOf(
  kernel: string | undefined,
  initrd: string | undefined,
  params: string,
): DiscEntry | undefined {
  if (kernel === undefined || initrd === undefined || /[$(]/.test(kernel + initrd)) return undefined;
  // What only GRUB could expand is empty for a disc that is started as such.
  const words = splitParameters(params.replaceAll(/\$\{?\w+\}?/g, ""));
  return { kernel: plainPath(kernel), initrd: plainPath(initrd), kernelParams: words.join(" ") };
}

function plainPath(path: string): string {
  return path
    .split("/")
    .filter((part) => part !== "")
    .join("/");
}

/** How a disc is started where there is no drive to put it into. */
export type DiscVerdict =
  /** From its kernel and initrd, with the image itself at {@link DISC_FILE}. */
  | { readonly type: "linux"; readonly kernelParams: string }
  /** NixOS whose initrd looks for the disc by its label, and would wait for ever. */
  | { readonly type: "needs-drive" }
  /** Something else, of which nothing is known. */
  | { readonly type: "unknown" };

/** Where the initrd has the image. */
export const DISC_FILE = "mayfly.iso";

/**
 * NixOS' scripted stage 1 takes its disc from where `root=` says, and that may be a file. What copies the
 * disc to memory first is left out: the file is there already.
 *
 * @see nixpkgs nixos/modules/system/boot/stage-1-init.sh
 */
export function judgeDisc({ kernelParams }: DiscEntry): DiscVerdict {
  const words = splitParameters(kernelParams);
  if (!words.some((word) => word.startsWith("init=/nix/store/"))) return { type: "unknown" };
  if (!words.some((word) => /^root=LABEL=/.test(word))) return { type: "needs-drive" };
  const kept = words
    .filter((word) => word !== "copytoram")
    .map((word) => (word.startsWith("root=") ? `root=/${DISC_FILE}` : word));
  return { type: "linux", kernelParams: kept.join(" ") };
}
