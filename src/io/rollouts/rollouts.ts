/**
 * Follows what becomes of new generations, and keeps it: the shell around `rolloutStep`.
 *
 * What an operator was told is done is on the disk. So is the place of a machine among the first, before
 * that machine is told what it boots: after a crash no more of them hold a place than may.
 *
 * @see docs/adr/0009-a-place-is-kept-before-the-answer.md
 */

import { setInterval } from "node:timers";
import { bootedNext } from "../../boot/booted-by.ts";
import type { BootClient } from "../../boot/client.ts";
import { namedHost } from "../../boot/decide.ts";
import type { BootEvent } from "../../boot/event.ts";
import type { Host } from "../../boot/host.ts";
import { placeToTake } from "../../boot/rollout/choose-generation.ts";
import { membersOf } from "../../boot/rollout/members.ts";
import type { LocalTime } from "../../boot/rollout/policy.ts";
import type { Rollouts as Table } from "../../boot/rollout/rollout.ts";
import type { CommandVerdict, RolloutCommand, RolloutEvent } from "../../boot/rollout/rollout-event.ts";
import { rolloutStep } from "../../boot/rollout/rollout-step.ts";
import { seenEvents } from "../../boot/rollout/seen-events.ts";
import type { Snapshot } from "../../boot/snapshot.ts";
import type { Mac } from "../../wire/net/mac.ts";
import { guarded } from "../guarded.ts";
import type { Store } from "../store/store.ts";
import { createTroubles } from "../troubles.ts";
import { watchWallClock } from "../wall-clock.ts";
import type { World } from "../world.ts";
import { loadRollouts, recordChanges } from "./rollout-record.ts";

export interface Rollouts {
  /**
   * Resolves when it counts and is on the disk, or was refused.
   *
   * @throws what the store throws
   */
  command(command: RolloutCommand): Promise<CommandVerdict>;
  /** Resolves when everything is on the disk that has happened so far, as long as it can be written. */
  close(): Promise<void>;
}

export interface RolloutsOptions {
  readonly world: World;
  readonly store: Store;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** Milliseconds of a clock that only goes forward; where only `now` is given, that one does. */
  readonly steadyNow?: () => number;
  /** How often the clock is looked at, in milliseconds. */
  readonly tickMs?: number;
}

const TICK_MS = 5_000;

/** Goes on where the server before this one has stopped, from now on. */
export async function startRollouts(options: RolloutsOptions): Promise<Rollouts> {
  const { world, store, tickMs = TICK_MS } = options;
  const loaded = await loadRollouts(store, (kind, key) => world.record(unreadable(kind, key)));
  world.change([{ type: "rollouts", rollouts: loaded }]);
  const desk = createDesk(options, loaded);
  desk.feed({ type: "resumed" });
  desk.tick();
  const timer = setInterval(guarded(world, "rollouts", desk.tick), tickMs);
  timer.unref();
  const stopListening = world.subscribe((event) => desk.follow(event));
  const stopPreparing = world.prepareBy((client, named) => desk.prepare(client, named));
  return {
    command: desk.command,
    async close() {
      clearInterval(timer);
      stopListening();
      stopPreparing();
      await desk.keep().catch(() => {});
    },
  };
}

interface Desk {
  feed(event: RolloutEvent): CommandVerdict;
  follow(event: BootEvent): void;
  tick(): void;
  prepare(client: BootClient, named?: Host): Promise<void> | undefined;
  command(command: RolloutCommand): Promise<CommandVerdict>;
  keep(): Promise<void>;
}

function createDesk({ world, store, ...clocks }: RolloutsOptions, loaded: Table): Desk {
  const clock = watchWallClock(clocks);
  const keeper = createKeeper(world, store, loaded);
  const taking = new Map<Mac, Promise<void>>();
  let hosts: Snapshot["hosts"] | undefined;

  function feed(event: RolloutEvent): CommandVerdict {
    const [next, effects] = rolloutStep(world.snapshot().rollouts, event, clock.now());
    if (next !== world.snapshot().rollouts) world.change([{ type: "rollouts", rollouts: next }]);
    let verdict: CommandVerdict = { type: "done" };
    for (const effect of effects) {
      if (effect.type === "tell") world.record({ type: "rollout", ...effect.news });
      else verdict = { ...effect, type: "refused" };
    }
    return verdict;
  }

  /**
   * Has what everything else is judged by as it is now: the clock, and the table of hosts, which is replaced as a
   * whole when the configuration or the folder changes.
   */
  function catchUp(): void {
    const byMs = clock.setByMs();
    if (byMs !== 0) feed({ type: "clock-set", byMs });
    const { hosts: latest, defaultHost } = world.snapshot();
    if (latest === hosts) return;
    hosts = latest;
    feed({ type: "configured", members: membersOf(latest, defaultHost) });
  }

  async function take(mac: Mac, host: Host): Promise<void> {
    feed({ type: "taken", host: host.name, mac });
    try {
      await keeper.keep();
    } catch (error) {
      feed({ type: "untaken", mac });
      keeper.tell(error);
    }
  }

  return {
    feed,
    follow(event) {
      catchUp();
      const before = world.snapshot().rollouts;
      for (const seen of seenEvents(event, world.snapshot())) feed(seen);
      if (world.snapshot().rollouts !== before) keeper.keep().catch(keeper.tell);
    },
    tick() {
      catchUp();
      feed({ type: "ticked", local: localTime(clock.now()) });
      keeper.keep().catch(keeper.tell);
    },
    prepare(client, named) {
      catchUp();
      const under = taking.get(client.mac);
      if (under !== undefined) return under;
      const host = wantsPlace(client, named, world.snapshot());
      if (host === undefined) return undefined;
      const taken = take(client.mac, host).finally(() => taking.delete(client.mac));
      taking.set(client.mac, taken);
      return taken;
    },
    async command(command) {
      catchUp();
      const verdict = feed(command);
      // A refusal tells of what was wanted before it, which may be on its way to the disk.
      await keeper.keep();
      return verdict;
    },
    keep: keeper.keep,
  };
}

/** The host of a machine that would be told by its next answer to boot what it has yet to take. */
function wantsPlace(client: BootClient, named: Host | undefined, snapshot: Snapshot): Host | undefined {
  const known = named ?? namedHost(client, snapshot);
  const host = known ?? snapshot.hosts.get(snapshot.defaultHost ?? "");
  const wanted = host && placeToTake(snapshot.rollouts, host.name, client.mac);
  if (host === undefined || wanted === undefined) return undefined;
  return bootedNext(client, known, snapshot) === wanted ? host : undefined;
}

const NOT_KEPT = "how far new generations have got cannot be kept, so none goes to a canary";

interface Keeper {
  /** Resolves when the rollouts as they are now are on the disk. @throws what the store throws */
  keep(): Promise<void>;
  /** Says once what keeps it from that. */
  tell(error: unknown): void;
}

/** Writes what differs from what was written last; whatever waits shares one write. */
function createKeeper(world: World, store: Store, loaded: Table): Keeper {
  let kept = loaded;
  let writing: Promise<void> = Promise.resolve();
  const troubles = createTroubles(world);
  async function write(): Promise<void> {
    const { rollouts } = world.snapshot();
    const entries = recordChanges(kept, rollouts);
    if (entries.length > 0) await store.put(entries);
    kept = rollouts;
    troubles.set(NOT_KEPT, undefined);
  }
  return {
    keep() {
      writing = writing.catch(() => {}).then(write);
      return writing;
    },
    tell: (error) => troubles.set(NOT_KEPT, error),
  };
}

function localTime(nowMs: number): LocalTime {
  const now = new Date(nowMs);
  return { day: now.getDay(), minute: now.getHours() * 60 + now.getMinutes() };
}

function unreadable(kind: string, key: string): BootEvent {
  const text = `what is kept about the rollout of ${key} (${kind}) cannot be read and does not count`;
  return { type: "notice", level: "warn", text, cure: `'mayfly rollouts' shows what counts` };
}
