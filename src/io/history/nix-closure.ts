/** Asks nix what store paths consist of: of many at once, which share most of it. */

import { dirname } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { Closure } from "../../boot/history/closure.ts";
import { storePathName } from "../../boot/history/package-name.ts";
import {
  createReferenceGraph,
  type ReferenceGraph,
  readPathInfo,
} from "../../boot/history/reference-graph.ts";
import { runTool, ToolError } from "../system/run-tool.ts";

export interface NixOptions {
  readonly signal?: AbortSignal;
  /** Added to this process's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

export interface ClosureOptions extends NixOptions {
  /** Gets the number of store paths in each answer. */
  readonly onTold?: (size: number) => void;
}

const TIMEOUT_MS = 60_000;
/** A system has some two thousand paths, of each of which nix writes about a kilobyte. */
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
/** So many store paths are taken in within a millisecond or two. */
const SLICE = 200;
const COMMAND = "nix";
const NIX = ["--extra-experimental-features", "nix-command", "--offline"];

/**
 * All that each of some store paths refers to, itself included. One that nix does not know is left out, as all
 * are where it does not know their store; so is one of which it does not answer.
 *
 * Other things happen between one and the next.
 *
 * @param paths - as their systems call them, all in one folder: `/nix/store/…`
 * @param store - the folder in which they lie on this machine
 * @throws {@link ToolError} where there is no nix
 */
export async function* askClosures(
  paths: readonly string[],
  store: string,
  options: ClosureOptions = {},
): AsyncGenerator<readonly [string, Closure]> {
  // What has no such name nix would take for something else than a path.
  const asked = paths.filter((path) => storePathName(path) !== undefined);
  if (asked.length === 0) return;
  const graph = await attempt(askPathInfo(asked, store, options, ["--recursive"]));
  if (graph === undefined) return yield* askAgain(asked, store, options);
  options.onTold?.(graph.size());
  for (const path of asked) {
    const closure = graph.closureOf(path);
    if (closure !== undefined) yield [path, closure];
    await setImmediate();
  }
}

/** Of several that could not be told: without those that nix does not know, else in two halves. */
async function* askAgain(paths: readonly string[], store: string, options: ClosureOptions) {
  if (paths.length === 1) return;
  const graph = await attempt(askPathInfo(paths, store, options));
  const known = paths.filter((path) => graph?.has(path));
  if (known.length < paths.length) return yield* askClosures(known, store, options);
  const half = Math.ceil(paths.length / 2);
  yield* askClosures(paths.slice(0, half), store, options);
  yield* askClosures(paths.slice(half), store, options);
}

async function attempt<Value>(asked: Promise<Value>): Promise<Value | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isNixAbsent(error)) throw error;
    return undefined;
  }
}

/** @param flags - `--recursive` tells of all that they refer to too, and takes it for an error not to know one */
async function askPathInfo(
  paths: readonly string[],
  store: string,
  { signal, env, timeoutMs = TIMEOUT_MS }: NixOptions,
  flags: readonly string[] = [],
): Promise<ReferenceGraph> {
  const [first = ""] = paths;
  const args = [...NIX, ...storeArguments(first, store), "path-info", "--json", ...flags, ...paths];
  const text = await runTool(COMMAND, args, {
    timeoutMs,
    maxOutputBytes: MAX_OUTPUT_BYTES,
    ...(signal === undefined ? {} : { signal }),
    ...(env === undefined ? {} : { env }),
  });
  return parsePathInfo(text);
}

/** A store at `/mnt/nix/store` whose paths say `/nix/store` is that of the system at `/mnt`. */
function storeArguments(path: string, store: string): string[] {
  const own = dirname(path);
  return store !== own && store.endsWith(own) ? ["--store", store.slice(0, -own.length)] : [];
}

/**
 * Other things happen meanwhile.
 *
 * @throws {@link ToolError} for what nix of no version writes
 */
export async function parsePathInfo(text: string): Promise<ReferenceGraph> {
  const graph = createReferenceGraph();
  let read = 0;
  for (const object of readPathInfo(parsed(text))) {
    if (object === undefined) throw new ToolError("nix path-info answers what Mayfly cannot read", text);
    if (read++ % SLICE === 0) await setImmediate();
    graph.add(object);
  }
  return graph;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether the reason is that there is no nix on this machine. */
export function isNixAbsent(error: unknown): boolean {
  const cause = error instanceof ToolError ? error.cause : undefined;
  return cause instanceof Error && "code" in cause && cause.code === "ENOENT";
}
