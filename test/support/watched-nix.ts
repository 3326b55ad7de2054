/** A program called `nix` that tells what it is asked, and whether another one ran beside it. */

import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface WatchedNix {
  /** With it in front in `PATH`. */
  readonly env: Readonly<Record<string, string>>;
  /** A line for each call so far, its arguments. */
  calls(): readonly string[];
  /** How many began while another one ran. */
  overlaps(): number;
}

/**
 * @param folder - an empty one
 * @param answer - lines of shell that print what nix answers to its arguments
 */
export function watchedNix(folder: string, answer: string): WatchedNix {
  const [log, lock, beside] = ["log", "lock", "beside"].map((name) => join(folder, name));
  const bin = join(folder, "bin");
  mkdirSync(bin, { recursive: true });
  const text = `#!/bin/sh
printf '%s' "$*" | tr '\\n' ' ' >> ${log}
echo >> ${log}
mkdir ${lock} 2> /dev/null && mine=yes || echo >> ${beside}
# Long enough for another one to begin meanwhile.
sleep 0.2
[ -z "$mine" ] || rmdir ${lock}
${answer}
`;
  writeFileSync(join(bin, "nix"), text);
  chmodSync(join(bin, "nix"), 0o755);
  const lines = (file = "") => (existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1) : []);
  return {
    env: { PATH: `${bin}:${process.env.PATH}` },
    calls: () => lines(log),
    overlaps: () => lines(beside).length,
  };
}
