/** The nouns `image` and `generation`: a named thing to boot, and an immutable build of it. */

import type { KernelHeader } from "../wire/linux/kernel-header.ts";
import type { Isa } from "./arch.ts";
import type { ImageName } from "./host.ts";

/** The base name of the store path, else a digest of the content; safe as one segment of a URL path. */
export type GenerationId = string;

/** Which builder's layout a folder has (docs/booting.md, "Images"). */
export type ImageShape =
  | "homestakeros" // bzImage initrd.zst netboot.ipxe variables.ipxe kexec-boot
  | "homestakeros-2023" // the same before variables.ipxe
  | "kexec-tree" // bzImage, initrd.*, kexec-boot: nixpkgs' kexecTree, HomestakerOS' backend
  | "netboot" // bzImage or Image, initrd, netboot.ipxe: nixpkgs' netboot, the wiki's symlinkJoin
  | "kernel-params" // nixos-images' netboot
  | "cmdline" // nixos-generators' kexec
  | "own-script" // a netboot.ipxe that no builder made: chained as it is
  | "plain" // a kernel and an initrd, nothing else
  | "uki" // one EFI program that holds kernel, initrd and parameters: a unified kernel image
  | "iso"; // an ISO image

export interface Kernel {
  /** Its name in the folder, as in `bzImage`. */
  readonly file: string;
  /** From the kernel's own header; absent when the header tells nothing (a compressed Image, say). */
  readonly isa?: Isa;
  /** As `uname -r` will say. */
  readonly version?: string;
  /** What kind of file it is; absent where that is not known. */
  readonly format?: KernelHeader["format"];
}

/** A file that firmware boots as it is, without a kernel and an initrd beside it. */
export interface BootFile {
  readonly type: "uki" | "iso";
  /** Its name, as machines ask for it; it ends in `.efi` or `.iso`. */
  readonly file: string;
  /** For which processors it has something that UEFI can start; absent when it does not tell. */
  readonly isas?: readonly Isa[];
  /** Whether a BIOS can start it. */
  readonly bios: boolean;
  /** Of the kernel in it, as `uname -r` will say. */
  readonly version?: string;
  /**
   * Why an ISO image needs a drive, which only UEFI HTTP Boot makes of it: its Linux looks for one with the
   * disc, or would take the disc from its initrd, where a file of 4 GiB has no room.
   */
  readonly needsDrive?: "looks-for-it" | "too-large";
}

/** One build of an image. Immutable: the same id means the same bytes, for ever. */
export interface Generation {
  readonly id: GenerationId;
  readonly shape: ImageShape;
  /** Where it was found, links followed; for people. */
  readonly path: string;
  /**
   * Absent for an `own-script` whose folder has no kernel that we know, and where there is a {@link BootFile};
   * but for one that can be started by its parts as well.
   */
  readonly kernel?: Kernel;
  /** Of the shapes `uki` and `iso`: the whole image in one file. */
  readonly bootFile?: BootFile;
  /** Names in the folder, in the order in which the kernel gets them. */
  readonly initrds: readonly string[];
  /** What the image's builder gave, unchanged and in order, as one string; may hold `initrd=`. */
  readonly kernelParams: string;
  /** The user's own script, by its name in the folder (`own-script` only). */
  readonly ownScript?: string;
  /** That script loads an initrd and nowhere says `initrd=`, which a kernel that UEFI starts needs (quirk I9). */
  readonly lacksInitrdName?: true;
  /** Every file that may be asked for under `/media/ID/`, by relative path, with its size in bytes. */
  readonly files: ReadonlyMap<string, number>;
}

/** A named thing to boot, and its builds as far as they matter now. */
export interface Image {
  readonly name: ImageName;
  /** What a boot that starts now gets; absent until a first complete one was seen. */
  readonly current?: GenerationId;
  /** Why what lies there now is not served, in a sentence; absent when all is well. */
  readonly trouble?: string;
}

/** The instruction sets that it is for; absent when it does not tell. */
export function isasOf({ kernel, bootFile }: Generation): readonly Isa[] | undefined {
  const own = kernel?.isa && [kernel.isa];
  if (bootFile === undefined) return own;
  // A disc that UEFI cannot start can still have a kernel.
  return bootFile.isas?.length === 0 ? (own ?? bootFile.isas) : bootFile.isas;
}

/** Whether UEFI can start it as it is, without iPXE. */
export function isForUefi({ bootFile }: Generation): boolean {
  return bootFile !== undefined && bootFile.isas?.length !== 0;
}

/** Of its kernel, as `uname -r` will say; absent when it does not tell. */
export function kernelVersionOf({ kernel, bootFile }: Generation): string | undefined {
  return kernel?.version ?? bootFile?.version;
}

/** The files that every boot of it fetches, in order; of an image that is one file that alone, as firmware does. */
export function bootedFiles({ kernel, bootFile, initrds }: Generation): readonly string[] {
  if (bootFile !== undefined && kernel === undefined) return [bootFile.file];
  return [...(kernel === undefined ? [] : [kernel.file]), ...initrds];
}
