/**
 * Finds out what a generation consists of and which NixOS it is, in the background, one after the other.
 *
 * Without nix, or with a system that is not on this machine, there is less to tell, and that is no news.
 */

import { basename, dirname } from "node:path";
import { type Closure, closureBytes, formatClosure, parseClosure } from "../../boot/history/closure.ts";
import { nixosVersionOf, parseOsRelease } from "../../boot/history/os-release.ts";
import type { GenerationRecord, RecordFacts } from "../../boot/history/record.ts";
import { recordKey } from "../../boot/history/record-key.ts";
import { parseStorePath } from "../images/image-path.ts";
import type { History } from "./history.ts";
import type { LineLists } from "./line-lists.ts";
import { askClosure, isNixAbsent } from "./nix-closure.ts";
import { openSystem, type SystemFiles } from "./system-files.ts";

export interface ClosureFacts {
  /** What a generation consists of: as it was kept, else as nix tells now. */
  closureOf(record: GenerationRecord): Promise<Closure | undefined>;
  /** Resolves when nothing is left to be found out. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

export interface ClosureFactsOptions {
  readonly history: History;
  /** Where {@link formatClosure} of each is kept. */
  readonly closures: LineLists;
  /** Added to this process's own environment for nix. */
  readonly env?: Readonly<Record<string, string>>;
  /** What else is to be found out about each record. */
  readonly remember?: (record: GenerationRecord) => Promise<void>;
  /** Gets what is a mistake of ours. */
  readonly onError: (error: unknown) => void;
}

const MAX_TEXT_BYTES = 4096;
/** Somebody waits for the answer. */
const PROMPT_MS = 20_000;

/** Looks at each record from now on. */
export function startClosureFacts(options: ClosureFactsOptions): ClosureFacts {
  const { history, closures, env, remember, onError } = options;
  const waiting = new Map<string, GenerationRecord>();
  const controller = new AbortController();
  const { signal } = controller;
  let working: Promise<void> | undefined;
  let hasNix = true;

  async function work(): Promise<void> {
    // Whatever was published together is on the disk before anything is run for it.
    for (const [key, record] of waiting) {
      if (signal.aborted) break;
      waiting.delete(key);
      await find(record).catch(onError);
    }
    working = undefined;
  }

  async function find(record: GenerationRecord): Promise<void> {
    const { image, number } = record;
    const system = await openSystem(record);
    const versions = system === undefined ? {} : await versionsOf(system);
    const closure = record.closureBytes === undefined ? await gather(record, system) : undefined;
    const size = closure === undefined ? {} : { closureBytes: closureBytes(closure) };
    const facts: RecordFacts = { ...versions, ...size };
    const isNews = Object.entries(facts).some(([name, value]) => record[name as keyof RecordFacts] !== value);
    if (isNews && !signal.aborted) await history.learn(image, number, facts);
    await remember?.(record);
  }

  /** @returns `undefined` where nix is not there, or does not know the path */
  async function gather(record: GenerationRecord, system: SystemFiles | undefined, timeoutMs?: number) {
    const place = placeOf(record, system);
    if (!hasNix || place === undefined) return undefined;
    const nix = {
      signal,
      ...(env === undefined ? {} : { env }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    };
    const closure = await askClosure(place.path, place.store, nix).catch((error: unknown) => {
      if (isNixAbsent(error)) hasNix = false;
      return undefined;
    });
    if (closure !== undefined && !signal.aborted)
      await closures.put(record.image, record.number, formatClosure(closure)).catch(() => {});
    return closure;
  }

  const stop = history.onRecord((record) => {
    waiting.set(recordKey(record.image, record.number), record);
    working ??= Promise.resolve().then(work);
  });
  return {
    async closureOf(record) {
      const kept = await closures.get(record.image, record.number);
      if (kept !== undefined) return parseClosure(kept);
      return gather(record, await openSystem(record), PROMPT_MS);
    },
    idle: async () => working,
    async close() {
      stop();
      controller.abort();
      await working;
    },
  };
}

/** The system where it is known and there, else the image itself. */
function placeOf({ path }: GenerationRecord, system: SystemFiles | undefined) {
  if (system !== undefined) return { path: system.ownPath, store: dirname(system.path) };
  const image = parseStorePath(path)?.root;
  if (image === undefined) return undefined;
  const store = dirname(image);
  // What lies in /mnt/nix/store is called /nix/store/… by nix.
  const isElsewhere = store.endsWith("/nix/store") && store !== "/nix/store";
  return { path: isElsewhere ? `/nix/store/${basename(image)}` : image, store };
}

async function versionsOf(system: SystemFiles): Promise<RecordFacts> {
  const label = (await system.read("nixos-version", MAX_TEXT_BYTES))?.trim();
  const release = await system.read("etc/os-release", MAX_TEXT_BYTES);
  const nixosVersion = release === undefined ? undefined : nixosVersionOf(parseOsRelease(release));
  return {
    ...(label === undefined || label === "" ? {} : { label }),
    ...(nixosVersion === undefined ? {} : { nixosVersion }),
  };
}
