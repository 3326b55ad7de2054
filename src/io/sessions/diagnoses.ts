/** Diagnoses boots as they stand, and tells once what is wrong with a machine; every rule is in `boot/diagnosis`. */

import { isStuck, quietMs } from "../../boot/diagnosis/case.ts";
import { diagnose } from "../../boot/diagnosis/diagnose.ts";
import type { Diagnosis } from "../../boot/diagnosis/diagnosis.ts";
import { SILENCE_MS } from "../../boot/diagnosis/image-rules.ts";
import type { BootEvent } from "../../boot/event.ts";
import { DEFAULT_POLICY } from "../../boot/rollout/policy.ts";
import type { Session } from "../../boot/session/session.ts";
import { hasComeOn, standingOf } from "../../boot/session/standing.ts";
import { guarded } from "../guarded.ts";
import { createBoundedMap } from "../ladder/bounded-map.ts";
import type { World } from "../world.ts";
import { createSessionQueue } from "./session-queue.ts";
import type { Sessions } from "./sessions.ts";
import { createToldDiagnoses } from "./told-diagnoses.ts";

export interface Diagnoses {
  /** The most particular one first; none where nothing is wrong. */
  of(session: Session): Promise<readonly Diagnosis[]>;
  /** Looks at the boots under way, and at those that ought to have checked in. */
  look(): Promise<void>;
  /** Resolves when nothing more is told. */
  close(): Promise<void>;
}

export interface DiagnosesOptions {
  readonly world: World;
  readonly sessions: Pick<Sessions, "current" | "followed" | "get" | "list" | "underWay">;
  /** Whether we give the addresses. */
  readonly givesAddresses: boolean;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** Milliseconds of a clock that only goes forward; where only `now` is given, that one does. */
  readonly steadyNow?: () => number;
  readonly lookEveryMs?: number;
}

const LOOK_EVERY_MS = 15_000;
/** Boots before one that tell something of it. */
const EARLIER = 8;
/** Boots that are awaited. */
const MAX_AWAITED = 4096;
/** So long it counts that somebody was heard to get an address. */
const GIVEN_MS = 10 * 60_000;

interface Awaited {
  readonly session: Session;
  /** Whether it was looked at when it had been silent for longer than a kernel takes. */
  readonly isSilent: boolean;
}

export function startDiagnoses(options: DiagnosesOptions): Diagnoses {
  const { world, sessions, givesAddresses, now = Date.now } = options;
  const { steadyNow = options.now ?? (() => performance.now()) } = options;
  const told = createToldDiagnoses(steadyNow);
  /** Handed over, and not up yet as far as anybody knows. */
  const awaited = createBoundedMap<Awaited>(MAX_AWAITED);
  let given: { readonly mac: string; readonly atMs: number } | undefined;
  const startedMs = steadyNow();
  /** By the wall clock as it is now: it may have been set since. */
  const runsSince = () => now() - (steadyNow() - startedMs);
  /** As they were when they were diagnosed, and whether they had been silent for long: no more can be said since. */
  const looked = new WeakMap<Session, boolean>();
  const due = createSessionQueue({
    work: tell,
    onError: (error) => world.record({ type: "bug", via: "diagnoses", error }),
  });

  function isSilent(session: Session): boolean {
    return quietMs({ session, earlier: [], nowMs: now(), runsSinceMs: runsSince() }) >= SILENCE_MS;
  }

  async function of(session: Session): Promise<readonly Diagnosis[]> {
    const { mac, id } = session;
    const earlier = await sessions.list({ mac, before: id }, EARLIER);
    const checkInWithinMs = await checkInLimit(session, earlier);
    const generation =
      session.generation === undefined ? undefined : world.snapshot().generations.get(session.generation);
    const othersGetAddresses =
      given !== undefined && given.mac !== mac && steadyNow() - given.atMs <= GIVEN_MS;
    return diagnose({
      ...{ session, earlier, nowMs: now(), runsSinceMs: runsSince(), givesAddresses, othersGetAddresses },
      ...(session.otherServers === undefined ? {} : { otherServers: session.otherServers }),
      ...(generation === undefined ? {} : { generation }),
      ...(checkInWithinMs === undefined ? {} : { checkInWithinMs }),
    });
  }

  function policyOf(name: string | undefined) {
    const host = name === undefined ? undefined : world.snapshot().hosts.get(name);
    const { checkIn, limitMs } = host?.rollout ?? DEFAULT_POLICY;
    return { limitMs, isExpected: host?.checkIn === false ? false : checkIn };
  }

  /**
   * How long what is booted has to check in, in milliseconds; `undefined`: nobody expects it to. Where the
   * operator does not say so: once one boot of the host has, those after it are to do so too.
   */
  async function checkInLimit(session: Session, earlier: readonly Session[]): Promise<number | undefined> {
    // Who never had everything has nothing to report.
    if (![session, ...earlier].some(({ outcome }) => outcome === "handed-over")) return undefined;
    const { id, host } = session;
    const { limitMs, isExpected } = policyOf(host);
    const isSeen = async () =>
      earlier.some(({ outcome }) => outcome === "checked-in") ||
      (host !== undefined &&
        (await sessions.list({ host, outcome: "checked-in", before: id }, 1)).length > 0);
    return (isExpected ?? (await isSeen())) ? limitMs : undefined;
  }

  /** What became of it since it was noted counts. */
  async function tell(noted: Session): Promise<void> {
    const session = (await sessions.get(noted.id)) ?? noted;
    looked.set(session, isSilent(session));
    const [first] = await of(session);
    if (first === undefined) return;
    const { id, mac, host } = session;
    const current = sessions.current(mac);
    if (current?.id === id && hasComeOn(standingOf(session), standingOf(current))) return due.put(current);
    const news = told.note(session, first);
    if (news === "known") return;
    const more = {
      ...(host === undefined ? {} : { host }),
      ...(news === "repeated" ? { repeated: true as const } : {}),
    };
    world.record({ type: "diagnosed", session: id, mac, ...more, diagnosis: first });
  }

  function take(event: BootEvent): void {
    // Who names the server has its offer; who only asks to keep an address may be asking in vain.
    if (event.type === "overheard" && event.server !== undefined)
      given = { mac: event.mac, atMs: steadyNow() };
    if (event.type !== "session") return;
    const { session } = event;
    // Something else may be wrong with it now, or the same again.
    if (told.follow(session)) due.put(session);
    if (event.change === "moved") return void seenAgain(session);
    if (event.change === "began") return void awaited.delete(session.mac);
    if (session.outcome === "handed-over") awaited.set(session.mac, { session, isSilent: false });
    else awaited.delete(session.mac);
    due.put(session);
  }

  /** Its times may be others, where the clock was set. */
  function seenAgain(session: Session): void {
    const before = awaited.get(session.mac);
    if (before?.session.id === session.id) awaited.set(session.mac, { ...before, session });
  }

  async function look(): Promise<void> {
    for (const session of sessions.underWay()) {
      if (looked.get(session) === isSilent(session)) continue;
      if (isStuck({ session, earlier: [], nowMs: now(), runsSinceMs: runsSince() })) due.put(session);
    }
    for (const each of [...awaited.values()]) {
      const forMs = now() - each.session.lastMs;
      if (forMs >= policyOf(each.session.host).limitMs) awaited.delete(each.session.mac);
      else if (!each.isSilent && isSilent(each.session))
        awaited.set(each.session.mac, { ...each, isSilent: true });
      else continue;
      due.put(each.session);
    }
    await due.settled();
  }

  // They were handed over before the server was started; nobody tells so again.
  for (const session of sessions.followed())
    if (session.outcome === "handed-over") awaited.set(session.mac, { session, isSilent: false });
  const stop = world.subscribe(take);
  const timer = setInterval(guarded(world, "diagnoses", look), options.lookEveryMs ?? LOOK_EVERY_MS);
  timer.unref();
  return {
    of,
    look,
    async close() {
      stop();
      clearInterval(timer);
      await due.settled();
    },
  };
}
