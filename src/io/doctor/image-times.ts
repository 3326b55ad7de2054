/** When the newest image was made, by the times of its files and of the link that leads to it. */

import { lstat, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Generation } from "../../boot/generation.ts";

/** The first day of 1980: nix gives every file of its store the first second of 1970. */
const REAL_MS = 315_532_800_000;

/**
 * @param hostsFolder - `boot-media/hosts`
 * @returns in milliseconds since the epoch; `undefined` where nothing tells
 */
export async function newestImageMs(
  hostsFolder: string,
  generations: Iterable<Generation>,
): Promise<number | undefined> {
  const names = await readdir(hostsFolder).catch(() => []);
  const times = await Promise.all([
    ...names.map((name) => timeOf(lstat(join(hostsFolder, name)))),
    ...[...generations].flatMap(({ path, files }) =>
      [...files.keys()].map((file) => timeOf(stat(join(path, file)))),
    ),
  ]);
  const real = times.filter((ms) => ms >= REAL_MS);
  return real.length === 0 ? undefined : Math.max(...real);
}

async function timeOf(found: Promise<{ readonly mtimeMs: number }>): Promise<number> {
  return found.then(({ mtimeMs }) => mtimeMs).catch(() => 0);
}
