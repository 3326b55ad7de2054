/** Downloads what a boot folder lacks, and uses nothing whose hash is not the one that it must have. */

import { mkdir, readFile, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { judgeHash, type Lock } from "../../boot/rpi4/lock.ts";
import type { Wanted } from "../../boot/rpi4/release.ts";
import { type DownloadOptions, download, sha256Of } from "./download.ts";
import { readLock, writeLock } from "./lock-file.ts";
import { PartError } from "./part-error.ts";

export interface Fetched {
  readonly wanted: Wanted;
  readonly path: string;
  readonly sha256: string;
  /** `first`: nobody knew it before, so the person should compare it with what the release's page says. */
  readonly known: "given" | "recorded" | "first";
}

export interface FetchPlaces {
  /** The boot folder, whose lock file is beside it. */
  readonly target: string;
  /** Where downloads are kept. */
  readonly downloads: string;
}

/**
 * Fetches one file, or takes it from an earlier run.
 *
 * @throws {@link PartError} when the hash is another one; the file is removed then
 */
export async function fetchWanted(
  wanted: Wanted,
  places: FetchPlaces,
  options: DownloadOptions,
): Promise<Fetched> {
  const { name, url, sha256: given } = wanted;
  const path = await download(url, places.downloads, options);
  const sha256 = sha256Of(await readFile(path));
  const lock = await readLock(places.target);
  const verdict = judgeHash(url, name, sha256, { given, lock });
  if (verdict.type === "differs") {
    await rm(path, { force: true });
    throw new PartError(verdict.reason);
  }
  if (lock.downloads[url] !== sha256) await record(places.target, lock, url, sha256);
  return { wanted, path, sha256, known: verdict.type === "first" ? "first" : verdict.by };
}

async function record(target: string, lock: Lock, url: string, sha256: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  await writeLock(target, { ...lock, downloads: { ...lock.downloads, [url]: sha256 } });
}
