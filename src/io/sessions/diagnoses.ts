/** Diagnoses boots as they stand, and tells once what is wrong with a machine; every rule is in `boot/diagnosis`. */

import { isStuck } from "../../boot/diagnosis/case.ts";
import { diagnose } from "../../boot/diagnosis/diagnose.ts";
import type { Diagnosis } from "../../boot/diagnosis/diagnosis.ts";
import { SILENCE_MS } from "../../boot/diagnosis/image-rules.ts";
import type { BootEvent } from "../../boot/event.ts";
import { DEFAULT_POLICY } from "../../boot/rollout/policy.ts";
import type { Session } from "../../boot/session/session.ts";
import { hasComeOn, standingOf } from "../../boot/session/standing.ts";
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
  const told = createToldDiagnoses(now);
  /** Handed over, and not up yet as far as anybody knows. */
  const awaited = createBoundedMap<Awaited>(MAX_AWAITED);
  let given: { readonly mac: string; readonly atMs: number } | undefined;
  /** As they were when they were diagnosed: of one of which nothing was seen since there is no more to say. */
  const looked = new WeakSet<Session>();
  const due = createSessionQueue({
    work: tell,
    onError: (error) => world.record({ type: "bug", via: "diagnoses", error }),
  });

  async function of(session: Session): Promise<readonly Diagnosis[]> {
    const { mac, id } = session;
    const earlier = await sessions.list({ mac, before: id }, EARLIER);
    const checkInWithinMs = await checkInLimit(session, earlier);
    const generation =
      session.generation === undefined ? undefined : world.snapshot().generations.get(session.generation);
    const othersGetAddresses = given !== undefined && given.mac !== mac && now() - given.atMs <= GIVEN_MS;
    return diagnose({
      ...{ session, earlier, nowMs: now(), givesAddresses, othersGetAddresses },
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
    looked.add(session);
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
    if (event.type === "overheard" && event.server !== undefined) given = { mac: event.mac, atMs: now() };
    if (event.type !== "session") return;
    const { session } = event;
    // Something else may be wrong with it now, or the same again.
    if (told.follow(session)) due.put(session);
    if (event.change === "moved") return;
    if (event.change === "began") return void awaited.delete(session.mac);
    if (session.outcome === "handed-over") awaited.set(session.mac, { session, isSilent: false });
    else awaited.delete(session.mac);
    due.put(session);
  }

  async function look(): Promise<void> {
    for (const session of sessions.underWay()) {
      if (!looked.has(session) && isStuck({ session, earlier: [], nowMs: now() })) due.put(session);
    }
    for (const each of [...awaited.values()]) {
      const quietMs = now() - each.session.lastMs;
      if (quietMs >= policyOf(each.session.host).limitMs) awaited.delete(each.session.mac);
      else if (!each.isSilent && quietMs >= SILENCE_MS)
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
  const timer = setInterval(() => void look(), options.lookEveryMs ?? LOOK_EVERY_MS);
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
