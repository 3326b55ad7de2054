/**
 * Reads an image: what it is, by the files in its folder, and its kernel.
 *
 * It publishes nothing and holds nothing open.
 */

import { createHash } from "node:crypto";
import { join } from "node:path";
import type { BootFile, Kernel } from "../../boot/generation.ts";
import {
  type CompleteImage,
  recognise,
  servedFiles,
  TEXT_BYTES,
  wantedTexts,
} from "../../boot/image/recognise.ts";
import { type BootFileReading, readBootFile } from "./boot-file-reader.ts";
import { formatStamp } from "./file-stamp.ts";
import { type FolderBounds, type Listing, type ListingShare, listImage } from "./image-listing.ts";
import { lastTarget, parseStorePath, type StorePath } from "./image-path.ts";
import { type KernelReading, readKernel } from "./kernel-reader.ts";
import type { Limiter } from "./limiter.ts";
import type { PromptFiles } from "./prompt-files.ts";
import type { FoundFile } from "./shared-file.ts";

const BOUNDS: FolderBounds = { entries: 4096, depth: 4 };
const MAX_KERNELS = 256;

export interface FoundImage {
  readonly type: "complete";
  /** The real path of its folder, or of the file that is the whole image. */
  readonly folder: string;
  readonly store?: StorePath;
  readonly image: CompleteImage;
  readonly kernel?: Kernel;
  readonly bootFile?: BootFile;
  /** By relative path: what machines may ask for. */
  readonly files: ReadonlyMap<string, FoundFile>;
  /** The same only if nothing in the folder changed. */
  readonly facts: string;
}

export interface BrokenImage {
  readonly type: "broken";
  readonly reason: string;
  readonly facts: string;
  readonly isImmutable: boolean;
}

/** What the reading of many images shares. */
export interface ReaderShare extends ListingShare {
  /** Reads a kernel; many images have the same one. */
  readonly kernel: (name: string, file: FoundFile) => Promise<KernelReading>;
}

/** Kernels that were read already, by what the file system says of them. */
export function createReaderShare(limit: Limiter, files: PromptFiles, bounds = BOUNDS): ReaderShare {
  const known = new Map<string, Promise<KernelReading>>();
  return {
    limit,
    files,
    bounds,
    kernel(name, { path, stamp }) {
      const key = `${name} ${formatStamp(stamp)}`;
      const reading = known.get(key) ?? limit(() => readKernel(name, path, stamp.sizeBytes, files));
      known.delete(key);
      known.set(key, reading);
      reading.catch(() => known.delete(key));
      for (const oldest of known.keys()) if (known.size > MAX_KERNELS) known.delete(oldest);
      return reading;
    },
  };
}

/** @param folder - a real path, of a folder or of a file that is an image by itself */
export async function readImage(folder: string, share: ReaderShare): Promise<FoundImage | BrokenImage> {
  const store = parseStorePath(folder);
  const listing = await listImage(folder, share);
  const facts = store === undefined ? digestFacts(folder, listing) : folder;
  const broken = (reason: string): BrokenImage => {
    return { type: "broken", reason, facts: `${facts} ${reason}`, isImmutable: store !== undefined };
  };
  if (listing.problem !== undefined) return broken(listing.problem);
  const { files } = listing;
  const texts = new Map<string, string>();
  for (const name of wantedTexts([...files.keys()])) {
    const { path, stamp } = files.get(name) ?? {};
    if (path === undefined || stamp === undefined || stamp.sizeBytes > TEXT_BYTES) continue;
    texts.set(name, new TextDecoder().decode(await share.files.readBeginning(path, stamp.sizeBytes)));
  }
  const initTarget = listing.hasInit ? await lastTarget(join(folder, "init")) : undefined;
  const sizes = new Map(Array.from(files, ([name, file]) => [name, file.stamp.sizeBytes]));
  const content = { files: sizes, unreadable: listing.unreadable, texts };
  const image = recognise(initTarget === undefined ? content : { ...content, initTarget });
  if (image.type === "incomplete") return broken(image.reason);

  const kernelFile = image.kernel === undefined ? undefined : files.get(image.kernel);
  const kernel = kernelFile === undefined ? undefined : await share.kernel(image.kernel ?? "", kernelFile);
  if (kernel?.type === "cut-off") return broken(kernel.reason);
  const bootFile = await bootFileOf(image, files);
  if (bootFile?.type === "broken") return broken(bootFile.reason);
  const served = servedFiles(content, image, store !== undefined);
  const found = {
    type: "complete",
    folder,
    ...(store === undefined ? {} : { store }),
    image,
    ...(kernel === undefined ? {} : { kernel: kernel.kernel }),
    files: new Map([...files].filter(([name]) => served.has(name))),
    facts,
  } as const;
  return bootFile === undefined ? found : withBootFile(found, bootFile);
}

/** What an image in one file tells of itself; a disc's Linux looks like any other kernel and initrd. */
function withBootFile(
  found: FoundImage,
  { bootFile, kernelParams, linux }: Extract<BootFileReading, { type: "boot-file" }>,
): FoundImage {
  const image = { ...found.image, kernelParams };
  if (linux === undefined) return { ...found, image, bootFile };
  const { kernel, initrd, files } = linux;
  return {
    ...found,
    image: { ...image, kernel: kernel.file, initrds: [initrd] },
    kernel,
    bootFile,
    files: new Map([...found.files, ...files]),
  };
}

async function bootFileOf(
  { shape, bootFile }: CompleteImage,
  files: ReadonlyMap<string, FoundFile>,
): Promise<BootFileReading | undefined> {
  const file = bootFile === undefined ? undefined : files.get(bootFile);
  if (bootFile === undefined || file === undefined || (shape !== "uki" && shape !== "iso")) return undefined;
  return readBootFile(shape, bootFile, file);
}

function digestFacts(folder: string, { files, hidden, unreadable }: Listing): string {
  const hash = createHash("sha256").update(folder);
  for (const [name, { path, stamp }] of [...files, ...hidden]) {
    hash.update(`\0${name}\0${path}\0${formatStamp(stamp)}`);
  }
  for (const [name, reason] of unreadable) hash.update(`\0${name}\0${reason}`);
  return hash.digest("hex");
}
