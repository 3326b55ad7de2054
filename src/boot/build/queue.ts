/**
 * Which builds run, which wait, and which are stopped, as a state machine without I/O.
 *
 * - one build of a host at a time, and so many of all hosts;
 * - whoever waits already is not queued again: the build will see what is there when it begins;
 * - a host that is being built may be wanted once more, since its source may have changed meanwhile;
 *   the clock alone is content with the build that runs;
 * - those who came first go first, unless their host is being built.
 */

import type { HostName } from "../host.ts";
import type { BuildId, BuildReason } from "./build.ts";

export interface Queued {
  readonly id: BuildId;
  readonly host: HostName;
  readonly reason: BuildReason;
}

export interface RunningBuild extends Queued {
  /** Why it was told to end; absent while it may go on. */
  readonly stopped?: StopReason;
}

/** Why a build is ended before nix is done. */
export type StopReason = "cancelled" | "timed-out" | "interrupted";

export interface BuildQueue {
  readonly running: readonly RunningBuild[];
  /** The first one to come first. */
  readonly waiting: readonly Queued[];
  /** How many may run at once, at least 1. */
  readonly parallel: number;
  /** The server ends: nothing begins any more. */
  readonly isClosing?: true;
}

export type QueueEvent =
  | { readonly type: "wanted"; readonly build: Queued }
  | { readonly type: "cancelled"; readonly host: HostName }
  /** It has run for as long as it may. */
  | { readonly type: "timed-out"; readonly id: BuildId }
  /** nix has ended, by itself or because it was told to. */
  | { readonly type: "ended"; readonly id: BuildId }
  | { readonly type: "configured"; readonly parallel: number }
  | { readonly type: "closing" };

export type QueueEffect =
  /** It waits from now on. */
  | { readonly type: "queue"; readonly build: Queued }
  | { readonly type: "start"; readonly build: Queued }
  /** End nix; answer with `ended`. */
  | { readonly type: "stop"; readonly id: BuildId; readonly reason: StopReason }
  /** It never began, and never will. */
  | { readonly type: "drop"; readonly build: Queued; readonly reason: StopReason };

export type QueueStep = readonly [BuildQueue, readonly QueueEffect[]];

/** Nothing is built, and `parallel` builds may run at once. */
export function emptyQueue(parallel: number): BuildQueue {
  return { running: [], waiting: [], parallel };
}

/** The build that somebody who wants this one gets instead, if there is one that will do. */
export function buildThatWillDo(
  { running, waiting }: BuildQueue,
  { host, reason }: Pick<Queued, "host" | "reason">,
): BuildId | undefined {
  const waits = waiting.find((each) => each.host === host);
  if (waits !== undefined) return waits.id;
  if (reason !== "schedule") return undefined;
  return running.find((each) => each.host === host && each.stopped === undefined)?.id;
}

/** Advances the queue by one event. Pure. */
export function queueStep(queue: BuildQueue, event: QueueEvent): QueueStep {
  switch (event.type) {
    case "wanted": {
      const { build } = event;
      if (queue.isClosing || buildThatWillDo(queue, build) !== undefined) return [queue, []];
      const [next, effects] = begin({ ...queue, waiting: [...queue.waiting, build] });
      return [next, [{ type: "queue", build }, ...effects]];
    }
    case "cancelled":
      return cancel(queue, event.host);
    case "timed-out":
      return stopThose(queue, ({ id }) => id === event.id, "timed-out");
    case "ended":
      return begin({ ...queue, running: queue.running.filter(({ id }) => id !== event.id) });
    case "configured":
      return begin({ ...queue, parallel: event.parallel });
    case "closing": {
      const drops = queue.waiting.map((build) => ({ type: "drop", build, reason: "interrupted" }) as const);
      const [next, stops] = stopThose({ ...queue, waiting: [], isClosing: true }, () => true, "interrupted");
      return [next, [...drops, ...stops]];
    }
  }
}

function cancel(queue: BuildQueue, host: HostName): QueueStep {
  const drops = queue.waiting
    .filter((build) => build.host === host)
    .map((build) => ({ type: "drop", build, reason: "cancelled" }) as const);
  const waiting = queue.waiting.filter((build) => build.host !== host);
  const [next, stops] = stopThose({ ...queue, waiting }, (build) => build.host === host, "cancelled");
  return [next, [...drops, ...stops]];
}

/** A build is told once to end, for the first reason that there was. */
function stopThose(
  queue: BuildQueue,
  isMeant: (build: RunningBuild) => boolean,
  reason: StopReason,
): QueueStep {
  const meant = queue.running.filter((build) => build.stopped === undefined && isMeant(build));
  const running = queue.running.map((build) =>
    meant.includes(build) ? { ...build, stopped: reason } : build,
  );
  return [{ ...queue, running }, meant.map(({ id }) => ({ type: "stop", id, reason }))];
}

/** Begins as many as may run. */
function begin(queue: BuildQueue): QueueStep {
  const running = [...queue.running];
  const waiting: Queued[] = [];
  const effects: QueueEffect[] = [];
  for (const build of queue.waiting) {
    const mayRun = running.length < queue.parallel && !running.some(({ host }) => host === build.host);
    if (mayRun) {
      running.push(build);
      effects.push({ type: "start", build });
    } else waiting.push(build);
  }
  return [{ ...queue, running, waiting }, effects];
}
