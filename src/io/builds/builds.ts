/**
 * Builds images by nix: carries out what the queue decides, and tells what becomes of it.
 *
 * A build only ever replaces the link in the place of a host's image, which nix does in one step; the
 * rest is the image watcher's.
 */

import { randomBytes } from "node:crypto";
import { join } from "node:path";
import {
  type Build,
  type BuildId,
  type BuildReason,
  type BuildStatus,
  type BuildVerdict,
  type FailedBuild,
  isOver,
} from "../../boot/build/build.ts";
import { endBuild } from "../../boot/build/end.ts";
import {
  type BuildQueue,
  buildThatWillDo,
  emptyQueue,
  type QueueEffect,
  type QueueEvent,
  queueStep,
} from "../../boot/build/queue.ts";
import type { HostName } from "../../boot/host.ts";
import type { Store } from "../store/store.ts";
import { createTroubles, type Troubles } from "../troubles.ts";
import type { World } from "../world.ts";
import { createBuildBook } from "./build-book.ts";
import { type BuildsConfig, type OpenBuild, openBuild, runBuild } from "./build-run.ts";

export type { BuildsConfig };

export interface Builds {
  config(): BuildsConfig;
  configure(config: BuildsConfig): void;
  /** Resolves when it is kept that the build is wanted. */
  want(host: HostName, reason: BuildReason): Promise<BuildVerdict>;
  /** Calls off what waits or runs for a host; gives the builds that are concerned. */
  cancel(host: HostName): readonly Build[];
  /** Those that wait or run now, the first one first. */
  open(): readonly Build[];
  /** Of a host, the last one first, those that are not over among them as they are now. */
  lastBuilds(host: HostName, limit?: number): Promise<readonly Build[]>;
  /** The last build of each host that was ever built, as it is now. */
  latest(): Promise<ReadonlyMap<HostName, Build>>;
  /** Ends what runs, and resolves when it has ended. */
  close(): Promise<void>;
}

export interface BuildsOptions {
  readonly world: World;
  readonly store: Store;
  readonly stateFolder: string;
  readonly config: BuildsConfig;
  /** Whether builds are taken up that the server was ended during. Default: true. */
  readonly resumes?: boolean;
}

interface State extends Omit<BuildsOptions, "config"> {
  config: BuildsConfig;
  queue: BuildQueue;
  readonly book: ReturnType<typeof createBuildBook>;
  readonly openBuilds: Map<BuildId, OpenBuild>;
  /** Hosts whose last build did not go well. */
  readonly failed: Map<HostName, FailedBuild>;
  readonly ending: Set<Promise<void>>;
  /** Ends with the last write; a build's states are written in their order. */
  keeping: Promise<void>;
  readonly troubles: Troubles;
  lastIdMs: number;
}

/** How often it is told how far a build is, in milliseconds. */
const TELL_EVERY_MS = 1000;

/** Takes up what an earlier server was ended during, once. */
export async function startBuilds(options: BuildsOptions): Promise<Builds> {
  const state: State = {
    ...options,
    queue: emptyQueue(options.config.settings.parallel),
    book: createBuildBook(options.store),
    openBuilds: new Map(),
    failed: new Map(),
    ending: new Set(),
    keeping: Promise.resolve(),
    troubles: createTroubles(options.world),
    lastIdMs: 0,
  };
  if (options.resumes !== false) await resume(state);
  return {
    config: () => state.config,
    configure(config) {
      state.config = config;
      dispatch(state, { type: "configured", parallel: config.settings.parallel });
    },
    want: (host, reason) => want(state, host, reason),
    cancel(host) {
      const meant = [...state.openBuilds.values()].filter(({ build }) => build.host === host);
      dispatch(state, { type: "cancelled", host });
      return meant.map(({ build }) => build);
    },
    open: () => Array.from(state.openBuilds.values(), ({ build }) => build),
    async lastBuilds(host, limit) {
      return (await state.book.lastBuilds(host, limit)).map((build) => asItIs(state, build));
    },
    async latest() {
      const kept = await state.book.latest();
      return new Map(Array.from(kept, ([host, build]) => [host, asItIs(state, build)]));
    },
    async close() {
      dispatch(state, { type: "closing" });
      while (state.ending.size > 0) await Promise.all(state.ending);
    },
  };
}

function asItIs({ openBuilds }: State, build: Build): Build {
  return openBuilds.get(build.id)?.build ?? build;
}

/** What was wanted and acknowledged is not lost by a restart; what was ended under twice is given up. */
async function resume(state: State): Promise<void> {
  for (const build of await state.book.unfinished()) {
    await keep(state, { ...build, state: "interrupted", endMs: Date.now() });
  }
  const latest = [...(await state.book.latest()).values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  for (const build of latest) noteEnd(state, build);
  showBuilds(state);
  for (const { host, state: outcome, reason } of latest)
    if (outcome === "interrupted" && reason !== "resumed") await want(state, host, "resumed");
}

async function want(state: State, host: HostName, reason: BuildReason): Promise<BuildVerdict> {
  const target = state.config.targets.find((each) => each.host === host);
  if (target === undefined) {
    return {
      type: "refused",
      reason: `nothing says what the image of ${host} is built from`,
      cure: `name a flake in the configuration: 'hosts: { ${host}: { flake: "github:owner/repo" } }'`,
    };
  }
  if (state.queue.isClosing)
    return { type: "refused", reason: "the server is being stopped", cure: "ask again when it runs" };
  const same = buildThatWillDo(state.queue, { host, reason });
  const known = same === undefined ? undefined : state.openBuilds.get(same);
  if (known !== undefined) return { type: "joined", build: known.build };
  const build: Build = {
    ...{ id: newId(state), host, installable: target.installable, reason, state: "waiting" },
    ...{ queuedMs: Date.now(), log: [] },
  };
  state.openBuilds.set(build.id, openBuild(build));
  dispatch(state, { type: "wanted", build: { id: build.id, host, reason } });
  await keep(state, state.openBuilds.get(build.id)?.build ?? build);
  return { type: "taken", build: state.openBuilds.get(build.id)?.build ?? build };
}

/** Sorts as the time does, within a millisecond too. */
function newId(state: State): BuildId {
  state.lastIdMs = Math.max(Date.now(), state.lastIdMs + 1);
  return `${state.lastIdMs.toString(36).padStart(9, "0")}-${randomBytes(3).toString("hex")}`;
}

function dispatch(state: State, event: QueueEvent): void {
  const [next, effects] = queueStep(state.queue, event);
  state.queue = next;
  for (const effect of effects) carryOut(state, effect);
  if (effects.length > 0) showBuilds(state);
}

function carryOut(state: State, effect: QueueEffect): void {
  switch (effect.type) {
    case "queue": {
      const open = state.openBuilds.get(effect.build.id);
      if (open !== undefined) tell(state, "queued", open.build);
      return;
    }
    case "start":
      track(state, run(state, effect.build.id));
      return;
    case "stop": {
      const open = state.openBuilds.get(effect.id);
      if (open === undefined) return;
      open.stopped = effect.reason;
      open.process?.stop();
      return;
    }
    case "drop": {
      const open = state.openBuilds.get(effect.build.id);
      if (open === undefined) return;
      const reason = effect.reason === "timed-out" ? "cancelled" : effect.reason;
      track(state, finish(state, { ...open.build, state: reason, endMs: Date.now() }));
      return;
    }
  }
}

function track(state: State, work: Promise<void>): void {
  const tracked = work
    .catch((error: unknown) => state.world.record({ type: "bug", via: "builds", error }))
    .finally(() => state.ending.delete(tracked));
  state.ending.add(tracked);
}

/** From nix's beginning to its end. */
async function run(state: State, id: BuildId): Promise<void> {
  const open = state.openBuilds.get(id);
  if (open === undefined) return;
  open.build = { ...open.build, state: "running", startMs: Date.now() };
  tell(state, "began", open.build);
  const saved = keep(state, open.build);
  const { timeLimitMs } = state.config.settings;
  try {
    const end = await runBuild(open, state.config, {
      cacheFolder: join(state.stateFolder, "cache"),
      onMoved: () => tellMoved(state, open),
      onTimeout: () => dispatch(state, { type: "timed-out", id }),
    });
    await saved;
    open.build = endBuild(open.build, { ...end, timeLimitMs, nowMs: Date.now() });
  } finally {
    clearTimeout(open.telling);
    if (!isOver(open.build)) open.build = { ...open.build, state: "failed", endMs: Date.now() };
    await finish(state, open.build);
    dispatch(state, { type: "ended", id });
  }
}

function tell({ world }: State, change: "queued" | "began" | "moved" | "ended", build: Build): void {
  world.record({ type: "build", change, host: build.host, build });
}

/** At most so often, and the last word too: nix may say nothing for an hour after it. */
function tellMoved(state: State, open: OpenBuild): void {
  if (open.telling !== undefined) return;
  const tellNow = () => {
    open.telling = undefined;
    open.toldMs = performance.now();
    tell(state, "moved", open.build);
    showBuilds(state);
  };
  const waitMs = open.toldMs + TELL_EVERY_MS - performance.now();
  if (waitMs <= 0) tellNow();
  else open.telling = setTimeout(tellNow, waitMs);
}

async function finish(state: State, build: Build): Promise<void> {
  await keep(state, build);
  state.openBuilds.delete(build.id);
  noteEnd(state, build);
  showBuilds(state);
  tell(state, "ended", build);
}

/** Lets the decisions see what is being built, and what was in vain; of a host, what runs before what waits. */
function showBuilds({ world, openBuilds, failed }: State): void {
  const builds = new Map<HostName, BuildStatus>(failed);
  for (const { build } of openBuilds.values()) {
    const { host, progress } = build;
    if (build.state === "running") builds.set(host, { state: "running", ...(progress && { progress }) });
    else if (build.state === "waiting" && builds.get(host)?.state !== "running")
      builds.set(host, { state: "waiting" });
  }
  world.change([{ type: "builds", builds }]);
}

/** What came of a host's last build is what the screens of its machines say. */
function noteEnd({ failed }: State, { host, state, trouble }: Build): void {
  if (state === "built") failed.delete(host);
  if (state === "failed" || state === "timed-out")
    failed.set(host, { state: "failed", trouble: trouble ?? "nobody knows why" });
}

function keep(state: State, build: Build): Promise<void> {
  state.keeping = state.keeping.then(() => write(state, build));
  return state.keeping;
}

/** A build goes on when nothing can be kept of it. */
async function write({ book, troubles }: State, build: Build): Promise<void> {
  const tell = (error: unknown) => troubles.set("what becomes of builds cannot be kept", error);
  await book.put(build).then(() => tell(undefined), tell);
}
