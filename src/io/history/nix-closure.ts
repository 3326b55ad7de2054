/** Asks nix what a store path consists of. */

import { dirname } from "node:path";
import * as z from "zod";
import type { Closure } from "../../boot/history/closure.ts";
import { storePathName } from "../../boot/history/package-name.ts";
import { runTool, ToolError } from "../system/run-tool.ts";

export interface NixOptions {
  readonly signal?: AbortSignal;
  /** Added to this process's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 60_000;
/** A system has some two thousand paths, of each of which nix writes about a kilobyte. */
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
const COMMAND = "nix";
const NIX = ["--extra-experimental-features", "nix-command", "--offline"];

/** Since nix 2.19 an object by path, which has the base name alone for its key since 2.31; a list before. */
const info = z.object({ path: z.string().optional(), narSize: z.number() });
const answer = z.union([z.array(info.extend({ path: z.string() })), z.record(z.string(), info.nullable())]);

/**
 * All that a store path refers to, itself included.
 *
 * @param path - as the system calls it: `/nix/store/…`
 * @param store - the folder in which it lies on this machine
 * @throws {@link ToolError} where there is no nix, or it does not know the path
 */
export async function askClosure(path: string, store: string, options: NixOptions = {}): Promise<Closure> {
  const { signal, env, timeoutMs = TIMEOUT_MS } = options;
  const args = [...NIX, ...storeArguments(path, store), "path-info", "--json", "--recursive", path];
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

/** @throws {@link ToolError} for what nix of no version writes */
export function parsePathInfo(text: string): Closure {
  const { data } = answer.safeParse(parsed(text));
  if (data === undefined) throw new ToolError("nix path-info answers what Mayfly cannot read", text);
  const list = Array.isArray(data)
    ? data
    : Object.entries(data).flatMap(([path, value]) => (value === null ? [] : { ...value, path }));
  return list.map(({ path, narSize }) => ({ name: storePathName(path) ?? path, sizeBytes: narSize }));
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
