/** Reads a kernel file's header, and where that has no version, the banner further in. */

import type { Kernel } from "../../boot/generation.ts";
import { WireError } from "../../wire/error.ts";
import {
  decodeKernelHeader,
  findKernelBanner,
  KERNEL_BANNER_BYTES,
  KERNEL_HEADER_BYTES,
  type KernelHeader,
} from "../../wire/linux/kernel-header.ts";
import type { PromptFiles } from "./prompt-files.ts";
import { closeFd, openFd, readFd } from "./quick-fs.ts";

export type KernelReading =
  | { readonly type: "kernel"; readonly kernel: Kernel }
  | { readonly type: "cut-off"; readonly reason: string };

/** How far into an uncompressed kernel its banner is looked for; arm64's lies 12 to 20 MB in. */
const BANNER_WITHIN_BYTES = 48 << 20;
const CHUNK_BYTES = 1 << 20;

/**
 * @param file - its name in the image
 * @param path - where it lies
 */
export async function readKernel(
  file: string,
  path: string,
  sizeBytes: number,
  files: PromptFiles,
): Promise<KernelReading> {
  let header: KernelHeader | undefined;
  try {
    header = decodeKernelHeader(await files.readBeginning(path, Math.min(sizeBytes, KERNEL_HEADER_BYTES)));
  } catch (error) {
    if (error instanceof WireError) return cutOff(file, sizeBytes);
    throw error;
  }
  if (header?.leastBytes !== undefined && sizeBytes < header.leastBytes) {
    return cutOff(file, sizeBytes, header.leastBytes);
  }
  const version = header?.version ?? (header?.format === "image" ? await readBanner(path) : undefined);
  const { isa, format } = header ?? {};
  return {
    type: "kernel",
    kernel: {
      file,
      ...(isa === undefined ? {} : { isa }),
      ...(version === undefined ? {} : { version }),
      ...(format === undefined ? {} : { format }),
    },
  };
}

function cutOff(file: string, sizeBytes: number, leastBytes?: number): KernelReading {
  const wanted = leastBytes === undefined ? "" : ` of at least ${leastBytes}`;
  return {
    type: "cut-off",
    reason: `${file} is cut off: it has ${sizeBytes} bytes${wanted}; copy it again`,
  };
}

async function readBanner(path: string): Promise<string | undefined> {
  const fd = await openFd(path, "r");
  try {
    const piece = new Uint8Array(CHUNK_BYTES + KERNEL_BANNER_BYTES);
    for (let at = 0; at < BANNER_WITHIN_BYTES; at += CHUNK_BYTES) {
      const count = await readFd(fd, piece, 0, piece.length, at);
      const version = findKernelBanner(piece.subarray(0, count));
      if (version !== undefined || count <= CHUNK_BYTES) return version;
    }
    return undefined;
  } finally {
    closeFd(fd);
  }
}
