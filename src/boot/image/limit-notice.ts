/** Which firmware cannot start an image that is one file, and what mends it: for the operator, before a machine tries. */

import type { Notice } from "../event.ts";
import { type BootFile, type Generation, isForUefi } from "../generation.ts";
import type { Host } from "../host.ts";
import { generationFor } from "../rollout/choose-generation.ts";
import type { Snapshot } from "../snapshot.ts";

/** How an image can be booted, where not every way will do; a few words. `undefined`: it can be in any way. */
export function bootLimit(generation: Generation): string | undefined {
  const { bootFile, kernel } = generation;
  if (bootFile === undefined || kernel !== undefined) return undefined;
  if (bootFile.needsDrive) return "by UEFI HTTP Boot only";
  if (bootFile.type === "uki") return "by UEFI only";
  if (!isForUefi(generation)) return "by BIOS only, its boot loader alone";
  return bootFile.bios ? "by iPXE its boot loader alone" : "by UEFI only, through iPXE its boot loader alone";
}

/** One for each host whose ISO image finds its disc nowhere but in a drive, or of which nothing is known. */
export function limitNotices(snapshot: Snapshot): Notice[] {
  return [...snapshot.hosts.values()].flatMap((host) => {
    const generation = generationFor(host, undefined, snapshot);
    if (generation?.bootFile?.type !== "iso" || generation.kernel !== undefined) return [];
    return [noticeFor(host, generation)];
  });
}

function noticeFor({ name }: Host, { bootFile }: Generation): Notice {
  const file = bootFile?.file ?? "";
  const cure = `build a kernel and an initrd for ${name} (config.system.build.kexecTree), which every firmware boots`;
  const text = bootFile?.needsDrive
    ? `${file} of ${name} boots by UEFI HTTP Boot only: ${DRIVE_REASON[bootFile.needsDrive]}`
    : `${file} of ${name} is not laid out as NixOS' ISO images: through PXE its boot loader can read it, and what that starts cannot`;
  return { level: "warn", text, cure };
}

/** Goes on after a colon. */
const DRIVE_REASON = {
  "looks-for-it": "its Linux looks for a drive with the disc, which PXE and a BIOS have none of",
  "too-large":
    "it has 4 GiB or more, and by PXE and on a BIOS the disc would have to be in an initrd, which holds no such file",
} as const satisfies Record<NonNullable<BootFile["needsDrive"]>, string>;
