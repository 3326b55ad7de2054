/** Runs `nix build` so that it ends when it is told to, and when the server ends in whatever way. */

import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { splitLines } from "./lines.ts";

export interface NixRun {
  /** An absolute path; see {@link findNix}. */
  readonly nix: string;
  readonly installable: string;
  /** The link to make; absolute. */
  readonly outLink: string;
  readonly args: readonly string[];
  /** Where nix keeps what it fetched, if the environment names no home for that. */
  readonly cacheFolder: string;
  readonly onLine: (line: string) => void;
}

export interface NixProcess {
  /** Resolves when nix and whatever it wrote to us has ended; without a code where it was killed. */
  readonly ended: Promise<{ readonly code?: number }>;
  /** Asks it to end, then makes it. */
  stop(): void;
}

/**
 * Standard input stays open for as long as we live: when it closes, nix is asked to end, then made to.
 * Builders end with nix, which sees to that by itself.
 */
const GUARD = `
exec 3<&0 </dev/null
"$@" 3<&- & nix=$!
(
  read -r _ <&3
  kill -TERM "$nix"
  sleep 10 & pause=$!
  trap 'kill "$pause"' TERM
  wait "$pause" && kill -KILL "$nix"
) >/dev/null 2>&1 & guard=$!
exec 3<&-
wait "$nix"; code=$?
kill "$guard" 2>/dev/null
exit "$code"
`;
/** When even the guard has not managed it. */
const KILL_AFTER_MS = 15_000;

/** Where nix is when a service's PATH does not say. */
const USUAL_FOLDERS = ["/run/current-system/sw/bin", "/nix/var/nix/profiles/default/bin"];

/** Looks nix up by its name; a path is what it is. @returns `undefined` if there is no such program */
export function findNix(name: string): string | undefined {
  if (name.includes("/")) return isExecutable(name) ? name : undefined;
  const folders = [...(process.env.PATH ?? "").split(delimiter), ...USUAL_FOLDERS];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export function runNix({ nix, installable, outLink, args, cacheFolder, onLine }: NixRun): NixProcess {
  const command = [
    nix,
    ...["--extra-experimental-features", "nix-command flakes", "build"],
    ...["--log-format", "internal-json", "-v"],
    // What a branch was an hour ago is not what is wanted.
    ...["--option", "tarball-ttl", "0"],
    ...args,
    ...["--out-link", outLink, installable],
  ];
  const child = spawn("/bin/sh", ["-c", GUARD, "mayfly-build", ...command], {
    stdio: ["pipe", "pipe", "pipe"],
    // A group of its own: Ctrl-C in our terminal is ours to act on.
    detached: true,
    cwd: "/",
    env: { ...process.env, LC_ALL: "C.UTF-8", ...cacheVariables(cacheFolder) },
  });
  // Nobody writes to it, and that it breaks when nix ends is no news.
  child.stdin.on("error", () => {});
  const lines = [child.stdout, child.stderr].map((stream) => {
    const splitter = splitLines(onLine);
    stream.on("data", (piece: Buffer) => splitter.add(piece));
    return splitter;
  });
  let killing: NodeJS.Timeout | undefined;
  const ended = new Promise<{ code?: number }>((resolve) => {
    child.once("error", (error) => {
      onLine(`cannot run /bin/sh: ${error.message}`);
      resolve({});
    });
    child.once("close", (code) => {
      clearTimeout(killing);
      for (const each of lines) each.end();
      resolve(code === null ? {} : { code });
    });
  });
  return {
    ended,
    stop() {
      child.stdin.end();
      killing ??= setTimeout(() => killGroup(child), KILL_AFTER_MS);
    },
  };
}

function cacheVariables(cacheFolder: string): NodeJS.ProcessEnv {
  const { HOME, XDG_CACHE_HOME } = process.env;
  return (HOME ?? "") === "" && (XDG_CACHE_HOME ?? "") === "" ? { XDG_CACHE_HOME: cacheFolder } : {};
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It ended meanwhile.
  }
}
