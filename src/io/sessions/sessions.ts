/**
 * Follows every boot, told from the stream of events, across restarts; every rule of it is in `boot/session`.
 *
 * A packet costs a step in memory. What changed goes to the disk in batches; how a boot ended, soon.
 */

import { namedHost } from "../../boot/decide.ts";
import type { BootEvent } from "../../boot/event.ts";
import { movedBy } from "../../boot/session/clock-step.ts";
import { type LiveSession, type SessionEvent, tell } from "../../boot/session/live-session.ts";
import type { Session, SessionId } from "../../boot/session/session.ts";
import {
  resume,
  type SessionLimits,
  type SessionMeans,
  sessionTick,
  supersede,
} from "../../boot/session/session-begin.ts";
import { beginCheckedIn, takeCheckIn } from "../../boot/session/session-check-in.ts";
import { firstIdAt, idsAheadBy, makeSessionId, timeOfId } from "../../boot/session/session-id.ts";
import { machineOf, sessionStep } from "../../boot/session/session-step.ts";
import { claimable, isUnclaimed, type Unclaimed, withUnclaimed } from "../../boot/session/unclaimed.ts";
import type { Mac } from "../../wire/net/mac.ts";
import { guarded } from "../guarded.ts";
import { createBoundedMap } from "../ladder/bounded-map.ts";
import type { Store } from "../store/store.ts";
import { createTroubles } from "../troubles.ts";
import { type WallClock, watchWallClock } from "../wall-clock.ts";
import type { World } from "../world.ts";
import { createSessionArchive } from "./session-archive.ts";
import { createSessionReader, newestFirst, type SessionReader } from "./session-reader.ts";
import { createSessionTable, isDhcpAlone, isFresh, type SessionTable } from "./session-table.ts";
import { createSessionWriter, type SessionWriter } from "./session-writer.ts";

/** All of them can be read, under way or over. */
export interface Sessions extends SessionReader {
  /** The last session of a machine, while it is followed. */
  current(mac: Mac): Session | undefined;
  /** Those under way, the last one first. */
  underWay(): readonly Session[];
  /** Those under way, and those of which more may be heard. */
  followed(): readonly Session[];
  /** Looks which have fallen silent. */
  tick(): void;
  /** Forgets those that are too old, a few at a time. */
  prune(): Promise<void>;
  /** Writes what was not written yet. */
  close(): Promise<void>;
}

export interface SessionsOptions {
  readonly world: World;
  readonly store: Store;
  /** How long sessions are kept, as it is now. */
  readonly keepMs: () => number;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** Milliseconds of a clock that only goes forward; where only `now` is given, that one does. */
  readonly steadyNow?: () => number;
  /** At least 0, below 1. */
  readonly random?: () => number;
  readonly limits?: SessionLimits;
  readonly saveAfterMs?: number;
}

/** A build may be waited for, a memory test take minutes; a transfer under way is no silence. */
const LIMITS: SessionLimits = { failAfterMs: 10 * 60_000, retireAfterMs: 30 * 60_000 };
const SAVE_AFTER_MS = 5000;
const TICK_MS = 15_000;
const PRUNE_MS = 3_600_000;
const FIRST_PRUNE_MS = 60_000;
const PRUNE_BATCH = 100;
/** Sessions of one machine among which the one of a late report is looked for: as many as boot while a token counts. */
const MAX_LATE = 500;
/** Addresses from which somebody fetched whom nobody knows yet. */
const MAX_UNCLAIMED = 1024;

/** Takes up what was followed when the server stopped, and follows the world's events from now on. */
export async function startSessions(options: SessionsOptions): Promise<Sessions> {
  const { world, store, keepMs, limits = LIMITS } = options;
  const clock = watchWallClock(options);
  const archive = createSessionArchive(store, { isNameless: (session) => isNameless(session, world) });
  const table = createSessionTable();
  const troubles = createTroubles(world);
  const onTrouble = (error: unknown) => troubles.set("how machines boot cannot be kept", error);
  const { saveAfterMs = SAVE_AFTER_MS } = options;
  const writer = createSessionWriter({ archive, followed: table.get, saveAfterMs, onTrouble });
  const reader = createSessionReader({ archive, followed: table, waiting: writer.waiting });
  const follower = createFollower(options, { clock, table, writer, reader, onTrouble });

  async function prune(): Promise<void> {
    const below = firstIdAt(clock.now() - keepMs());
    while ((await archive.forgetBelow(below, PRUNE_BATCH)) === PRUNE_BATCH) {
      // Each of them waits for the disk, and machines boot meanwhile.
    }
  }
  for (const [mac, { id, ...rest }] of await archive.followed()) {
    const session = await archive.get(id);
    if (session === undefined) {
      writer.left(mac);
      continue;
    }
    // A machine without a battery clock starts with an hour that has passed.
    const setBackMs = Math.min(0, clock.now() - session.lastMs);
    follower.put(mac, movedBy(resume({ session, ...rest }), setBackMs), []);
  }
  const [newest] = await reader.list({}, 1);
  if (newest !== undefined) follower.startIdsAfter(newest.id);
  /** Whoever reads holds its times against the clock as it is now. */
  const caughtUp =
    <Asked extends unknown[], Answer>(read: (...asked: Asked) => Answer) =>
    (...asked: Asked) => {
      follower.catchUp();
      return read(...asked);
    };
  const followed = () => [...table.all()].map(([, { session }]) => session);
  const stop = world.subscribe(follower.take);
  const tick = () => follower.tick(limits);
  const ticking = setInterval(guarded(world, "sessions", tick), TICK_MS).unref();
  const pruneOrTell = () => prune().catch(onTrouble);
  const pruning = setInterval(pruneOrTell, PRUNE_MS).unref();
  // Of servers that are restarted often, too; not while this one starts.
  const pruningFirst = setTimeout(pruneOrTell, FIRST_PRUNE_MS).unref();
  return {
    list: caughtUp(reader.list),
    get: caughtUp(reader.get),
    current: caughtUp((mac: Mac) => table.get(mac)?.session),
    underWay: caughtUp(() => newestFirst(followed().filter(({ outcome }) => outcome === "under-way"))),
    followed: caughtUp(followed),
    tick,
    prune,
    async close() {
      stop();
      clearInterval(ticking);
      clearInterval(pruning);
      clearTimeout(pruningFirst);
      for (const [, { session }] of table.all()) writer.put(session, true);
      await writer.flush();
    },
  };
}

/** Whether somebody may have made it up: it asked by DHCP, and is no machine that the operator named. */
function isNameless(session: Session, world: World): boolean {
  const { client, mac } = session;
  if (!isDhcpAlone(session)) return false;
  const snapshot = world.snapshot();
  return (client === undefined ? snapshot.hostByMac.get(mac) : namedHost(client, snapshot)) === undefined;
}

interface Follower {
  take(event: BootEvent): void;
  put(mac: Mac, next: LiveSession | undefined, events: readonly SessionEvent[]): void;
  tick(limits: SessionLimits): void;
  /** Moves the times of all that are followed where the wall clock was set. */
  catchUp(): void;
  /** Has names sort behind this one, from an earlier run. */
  startIdsAfter(id: SessionId): void;
}

interface FollowerParts {
  readonly clock: WallClock;
  readonly table: SessionTable;
  readonly writer: SessionWriter;
  readonly reader: SessionReader;
  readonly onTrouble: (error: unknown) => void;
}

/** Carries out the steps: what is followed, what is written, what is told. */
function createFollower(
  { world, random = Math.random }: SessionsOptions,
  { clock, table, writer, reader, onTrouble }: FollowerParts,
): Follower {
  const { now, steadyNow } = clock;
  let aheadMs = 0;
  const means: SessionMeans = {
    newId: (atMs) => makeSessionId(atMs + aheadMs, random()),
    generation: (id) => world.snapshot().generations.get(id),
  };

  function put(mac: Mac, next: LiveSession | undefined, events: readonly SessionEvent[]): void {
    for (const { session, change } of events) if (change === "ended") writer.put(session, true);
    if (next === undefined) {
      table.delete(mac);
      writer.left(mac);
    } else {
      if (!isFresh(next)) writer.put(next.session, false);
      const gone = table.set(mac, next);
      // Nobody will hear how it ended.
      if (gone !== undefined) put(gone.session.mac, undefined, isFresh(gone) ? [] : supersede(gone, now()));
    }
    for (const event of events) world.record(event);
  }

  /**
   * A report of a boot that is followed no longer, because the machine has begun anew or was silent for long;
   * or that nobody knows of, because the server was killed before it was written down.
   */
  async function takeLate(event: Extract<BootEvent, { type: "checked-in" }>): Promise<void> {
    for (const before of await reader.list({ mac: event.mac }, MAX_LATE)) {
      const session = takeCheckIn(before, event, now());
      if (session === undefined) continue;
      writer.put(session, true);
      world.record({ type: "session", change: "ended", session });
      return;
    }
    const live = beginCheckedIn(event, means);
    const events = tell(undefined, live);
    if (table.get(event.mac) === undefined) return put(event.mac, live, events);
    // The machine has begun anew since.
    writer.put(live.session, true);
    for (const each of events) world.record(each);
  }

  function step(mac: Mac, event: BootEvent, atMs: number): boolean {
    const live = table.get(mac);
    const [next, events] = sessionStep(live, event, atMs, means);
    const isTaken = next !== live || events.length > 0;
    if (isTaken) put(mac, next, events);
    return isTaken;
  }

  function catchUp(): void {
    const setByMs = clock.setByMs();
    if (setByMs === 0) return;
    aheadMs = idsAheadBy(aheadMs, setByMs);
    for (const [mac, live] of [...table.all()]) {
      const moved = movedBy(live, setByMs);
      put(mac, moved, [{ type: "session", change: "moved", session: moved.session }]);
    }
  }

  /** What was fetched from an address before anybody was known to be there, by the steady clock. */
  const unclaimed = createBoundedMap<readonly Unclaimed[]>(MAX_UNCLAIMED);

  function claim({ peer, client }: Extract<BootEvent, { type: "script" }>): void {
    const { mac } = client;
    const setMs = now() - steadyNow();
    const before = claimable(unclaimed.get(peer.address) ?? [], steadyNow());
    unclaimed.delete(peer.address);
    for (const { event, atMs } of before) step(mac, { ...event, mac }, atMs + setMs);
  }

  return {
    put,
    catchUp,
    startIdsAfter(id) {
      aheadMs = idsAheadBy(0, now() - timeOfId(id) - 1);
    },
    take(event) {
      catchUp();
      if (isUnclaimed(event)) {
        const { address } = event.peer;
        unclaimed.set(address, withUnclaimed(unclaimed.get(address) ?? [], event, steadyNow()));
      }
      if (event.type === "script" && event.via === undefined) claim(event);
      const mac = machineOf(event);
      if (mac === undefined || step(mac, event, now())) return;
      if (event.type === "checked-in") takeLate(event).catch(onTrouble);
    },
    tick(limits) {
      catchUp();
      for (const [mac, live] of [...table.all()]) {
        const [next, events] = sessionTick(live, now(), limits);
        if (next !== live) put(mac, next, events);
      }
    },
  };
}
