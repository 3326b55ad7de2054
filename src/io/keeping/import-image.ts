/** Takes an image into our own store: from a folder, here or elsewhere, an archive, or an archive's address. */

import { readdir, realpath, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { GenerationId } from "../../boot/generation.ts";
import { parseRemoteFolder } from "../../boot/image/remote-folder.ts";
import { contentId } from "../images/content-id.ts";
import type { BrokenImage, FoundImage } from "../images/image-reader.ts";
import { DownloadError, download } from "../rpi4/download.ts";
import { ImportError } from "./archive-error.ts";
import { sha256OfFile } from "./copy-file.ts";
import type { ImageStore } from "./image-store.ts";
import { unpack } from "./unpack.ts";
import { unpackSsh } from "./unpack-ssh.ts";
import { refuse } from "./unpacking.ts";

export interface ImportOptions {
  readonly store: ImageStore;
  /** As the server reads images. */
  readonly read: (folder: string) => Promise<FoundImage | BrokenImage>;
  /** What must not go for it; asked before something may. */
  readonly needed: () => Promise<ReadonlySet<GenerationId>>;
  /** Downloads lie there while they are under way, and are gone on with after a failure. */
  readonly downloads: string;
  /** What the archive must have, in hexadecimal. */
  readonly sha256?: string;
  readonly signal: AbortSignal;
  readonly onProgress: (bytes: number, totalBytes: number | undefined) => void;
}

export interface Imported {
  readonly id: GenerationId;
  /** Where it is in the store. */
  readonly path: string;
  readonly image: FoundImage;
  /** It was there already, whole. */
  readonly wasThere: boolean;
}

/**
 * Imports an image; nothing is left of one that is refused.
 *
 * @param source - a path, or an address with `http:`, `https:` or `ssh:`, or `HOST:/PATH` where no such path is here
 * @throws {@link ImportError} for what is no image, damaged, hostile, or not what `sha256` says
 */
export async function importImage(source: string, options: ImportOptions): Promise<Imported> {
  if (/^https?:/i.test(source)) return importAddress(source, options);
  if (/^ssh:/i.test(source)) return importRemote(source, options);
  const path = await realpath(source).catch(() => undefined);
  if (path === undefined) return importRemote(source, options);
  const isFolder = (await stat(path)).isDirectory();
  if (!isFolder && !/\.(iso|efi)$/i.test(path)) return importArchive(source, path, options);
  if (isFolder) refuseDigest(source, options);
  if (options.sha256 !== undefined) await checkDigest(source, path, options);
  return put(source, await options.read(path), false, options);
}

async function importAddress(url: string, options: ImportOptions): Promise<Imported> {
  const { downloads, signal, onProgress, store } = options;
  const maxBytes = await store.freeBytes();
  const path = await download(url, downloads, { signal, onProgress, maxBytes }).catch((error: unknown) => {
    throw error instanceof DownloadError ? new ImportError(error.message, { cause: error }) : error;
  });
  try {
    return await importArchive(url, path, options);
  } finally {
    // What was refused is not to be refused again without a look at what is there by then.
    await rm(path, { force: true });
  }
}

async function importRemote(source: string, options: ImportOptions): Promise<Imported> {
  const remote = parseRemoteFolder(source);
  if (remote === undefined) refuse(source, "nothing is there");
  if ("why" in remote) refuse(source, remote.why);
  refuseDigest(source, options);
  const { signal, onProgress } = options;
  return importUnpacked(source, options, (folder, maxBytes) =>
    unpackSsh(remote, folder, { source, maxBytes, signal, onProgress }),
  );
}

async function importArchive(source: string, path: string, options: ImportOptions): Promise<Imported> {
  if (options.sha256 !== undefined) await checkDigest(source, path, options);
  return importUnpacked(source, options, (folder, maxBytes) => unpack(path, folder, maxBytes, source));
}

async function importUnpacked(
  source: string,
  options: ImportOptions,
  unpackInto: (folder: string, maxBytes: number) => Promise<void>,
): Promise<Imported> {
  const { store, read } = options;
  const work = await store.workFolder();
  try {
    await unpackInto(work, await store.freeBytes());
    return await put(source, await readWithin(work, read), true, options);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function refuseDigest(source: string, { sha256 }: ImportOptions): void {
  if (sha256 !== undefined)
    refuse(source, "a folder has no SHA-256: give the archive, or leave --sha256 out");
}

async function checkDigest(source: string, path: string, { sha256, signal }: ImportOptions): Promise<void> {
  const is = await sha256OfFile(path, signal);
  if (is !== sha256?.toLowerCase()) refuse(source, `its SHA-256 is ${is}, and ${sha256} is wanted`);
}

/** Archives mostly have one folder with all the rest in it. */
async function readWithin(folder: string, read: ImportOptions["read"]): Promise<FoundImage | BrokenImage> {
  const found = await read(folder);
  if (found.type === "complete") return found;
  const [only, ...others] = await readdir(folder, { withFileTypes: true });
  return only?.isDirectory() && others.length === 0 ? readWithin(join(folder, only.name), read) : found;
}

async function put(
  source: string,
  found: FoundImage | BrokenImage,
  isOurs: boolean,
  { store, needed }: ImportOptions,
): Promise<Imported> {
  if (found.type === "broken") refuse(source, `it is no image: ${found.reason}`);
  const id = await contentId(found, new Map());
  const [there] = await store.report(true, id);
  const wasThere = there !== undefined && there.problems.length === 0;
  const others = wasThere ? new Set<GenerationId>() : await needed();
  if (there !== undefined && !wasThere) await store.remove(id);
  const path = await store.keep(id, found, new Set([...others, id]), isOurs);
  return { id, path, image: found, wasThere };
}
