/**
 * Finds out what a generation consists of and which NixOS it is, in the background, a batch after the other.
 *
 * Without nix, or with a system that is not on this machine, there is less to tell, and that is no news.
 */

import { type Closure, closureBytes, formatClosure, parseClosure } from "../../boot/history/closure.ts";
import { FIRST_BATCH, planBatch } from "../../boot/history/closure-batch.ts";
import { nixosVersionOf, parseOsRelease } from "../../boot/history/os-release.ts";
import type { GenerationRecord, RecordFacts } from "../../boot/history/record.ts";
import { recordKey } from "../../boot/history/record-key.ts";
import { createLane } from "../system/lane.ts";
import type { History } from "./history.ts";
import type { LineLists } from "./line-lists.ts";
import { createPlaceAsker, placeOf, type StorePlace } from "./store-places.ts";
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
/** Somebody waits for the answer, until those before have theirs too. */
const PROMPT_MS = 20_000;

/** Looks at each record from now on. */
export function startClosureFacts(options: ClosureFactsOptions): ClosureFacts {
  const { history, closures, env, remember, onError } = options;
  const waiting = new Map<string, GenerationRecord>();
  const controller = new AbortController();
  const { signal } = controller;
  let working: Promise<void> | undefined;
  const asker = createPlaceAsker({ signal, ...(env === undefined ? {} : { env }) });
  let plan = FIRST_BATCH;
  // Whatever else is found out: those whom somebody waits for have a process of their own.
  const inTurn = createLane();
  const asking = new Map<string, Promise<Closure | undefined>>();

  async function ask(record: GenerationRecord, untilMs: number): Promise<Closure | undefined> {
    const timeoutMs = Math.ceil(untilMs - performance.now());
    if (timeoutMs <= 0 || signal.aborted) return undefined;
    const wanted = [await lookAt(record)].filter(isPlaced);
    for await (const [, closure] of asker.closuresOf(wanted, { timeoutMs })) {
      await keep(record, closure);
      return closure;
    }
    return undefined;
  }

  function askOnce(record: GenerationRecord): Promise<Closure | undefined> {
    const key = recordKey(record.image, record.number);
    const untilMs = performance.now() + PROMPT_MS;
    const asked = asking.get(key) ?? inTurn(() => ask(record, untilMs)).finally(() => asking.delete(key));
    asking.set(key, asked);
    return asked;
  }

  async function work(): Promise<void> {
    // Whatever was published together is on the disk before anything is run for it.
    while (waiting.size > 0 && !signal.aborted) {
      const next = [...waiting].slice(0, plan.size);
      for (const [key] of next) waiting.delete(key);
      await findAll(next.map(([, record]) => record)).catch(onError);
    }
    working = undefined;
  }

  async function findAll(records: readonly GenerationRecord[]): Promise<void> {
    const found: Found[] = [];
    for (const record of records) found.push(await lookAt(record));
    await measure(found.filter(isPlaced).filter(({ record }) => record.closureBytes === undefined));
    // All at once, since they share what is written.
    await Promise.all(found.map((each) => learn(each).catch(onError)));
    if (remember === undefined) return;
    for (const { record } of found) if (!signal.aborted) await remember(record).catch(onError);
  }

  async function learn({ record, facts }: Found): Promise<void> {
    const isNews = Object.entries(facts).some(([name, value]) => record[name as keyof RecordFacts] !== value);
    if (isNews && !signal.aborted) await history.learn(record.image, record.number, facts);
  }

  /** Keeps what those consist of that nix knows. */
  async function measure(wanted: readonly Placed[]): Promise<void> {
    let told = 0;
    const onTold = (size: number) => {
      told += size;
    };
    for await (const [each, closure] of asker.closuresOf(wanted, { onTold })) {
      await keep(each.record, closure);
      each.facts = { ...each.facts, closureBytes: closureBytes(closure) };
    }
    plan = planBatch(plan, wanted.length, told);
  }

  async function keep({ image, number }: GenerationRecord, closure: Closure): Promise<void> {
    if (!signal.aborted) await closures.put(image, number, formatClosure(closure)).catch(() => {});
  }

  const stop = history.onRecord((record) => {
    waiting.set(recordKey(record.image, record.number), record);
    working ??= Promise.resolve().then(work);
  });
  return {
    async closureOf(record) {
      const kept = await closures.get(record.image, record.number);
      return kept === undefined ? askOnce(record) : parseClosure(kept);
    },
    idle: async () => working,
    async close() {
      stop();
      controller.abort();
      await Promise.allSettled(asking.values());
      await working;
    },
  };
}

/** A record with what was found out about it. */
interface Found {
  readonly record: GenerationRecord;
  /** What nix is to be asked for. */
  readonly place: StorePlace | undefined;
  facts: RecordFacts;
}

type Placed = Found & { readonly place: StorePlace };

function isPlaced(found: Found): found is Placed {
  return found.place !== undefined;
}

async function lookAt(record: GenerationRecord): Promise<Found> {
  const system = await openSystem(record);
  const facts = system === undefined ? {} : await versionsOf(system);
  return { record, place: placeOf(record, system), facts };
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
