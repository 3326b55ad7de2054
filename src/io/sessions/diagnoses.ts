/** Diagnoses boots as they stand, and tells once what is wrong with a machine; every rule is in `boot/diagnosis`. */

import { isStuck } from "../../boot/diagnosis/case.ts";
import { diagnose } from "../../boot/diagnosis/diagnose.ts";
import type { Diagnosis, DiagnosisCode } from "../../boot/diagnosis/diagnosis.ts";
import type { BootEvent } from "../../boot/event.ts";
import type { Session } from "../../boot/session/session.ts";
import { createBoundedMap } from "../ladder/bounded-map.ts";
import type { World } from "../world.ts";
import type { Sessions } from "./sessions.ts";

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
  readonly sessions: Pick<Sessions, "list" | "underWay">;
  /** Whether we give the addresses. */
  readonly givesAddresses: boolean;
  /** How long what is booted has to check in, in milliseconds. */
  readonly checkInWithinMs?: number;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  readonly lookEveryMs?: number;
}

const CHECK_IN_WITHIN_MS = 10 * 60_000;
const LOOK_EVERY_MS = 15_000;
/** Boots before one that tell something of it. */
const EARLIER = 8;
/** Machines of which what was told last is known. */
const MAX_TOLD = 4096;
/** So long it counts that somebody was heard to get an address. */
const GIVEN_MS = 10 * 60_000;

export function startDiagnoses(options: DiagnosesOptions): Diagnoses {
  const { world, sessions, givesAddresses, now = Date.now } = options;
  const checkInMs = options.checkInWithinMs ?? CHECK_IN_WITHIN_MS;
  const told = createBoundedMap<DiagnosisCode>(MAX_TOLD);
  /** Handed over, and not up yet as far as anybody knows. */
  const awaited = createBoundedMap<Session>(MAX_TOLD);
  let given: { readonly mac: string; readonly atMs: number } | undefined;
  let working: Promise<void> = Promise.resolve();

  async function of(session: Session): Promise<readonly Diagnosis[]> {
    const { host, mac, id } = session;
    const earlier = await sessions.list({ mac, before: id }, EARLIER);
    const expects = await expectsCheckIn(host, session, earlier);
    const generation =
      session.generation === undefined ? undefined : world.snapshot().generations.get(session.generation);
    const othersGetAddresses = given !== undefined && given.mac !== mac && now() - given.atMs <= GIVEN_MS;
    return diagnose({
      ...{ session, earlier, nowMs: now(), givesAddresses, othersGetAddresses },
      ...(session.otherServers === undefined ? {} : { otherServers: session.otherServers }),
      ...(generation === undefined ? {} : { generation }),
      ...(expects ? { checkInWithinMs: checkInMs } : {}),
    });
  }

  /** Where one boot of a host has checked in, those after it are to do so too. */
  async function expectsCheckIn(
    host: string | undefined,
    { id }: Session,
    earlier: readonly Session[],
  ): Promise<boolean> {
    if (earlier.some(({ outcome }) => outcome === "checked-in")) return true;
    if (host === undefined) return false;
    return (await sessions.list({ host, outcome: "checked-in", before: id }, 1)).length > 0;
  }

  async function tell(session: Session): Promise<void> {
    const [first] = await of(session);
    if (first === undefined || told.get(session.mac) === first.code) return;
    told.set(session.mac, first.code);
    const { id, mac, host } = session;
    const whose = host === undefined ? {} : { host };
    world.record({ type: "diagnosed", session: id, mac, ...whose, diagnosis: first });
  }

  function soon(session: Session): void {
    working = working
      .then(() => tell(session))
      .catch((error: unknown) => world.record({ type: "bug", via: "diagnoses", error }));
  }

  function take(event: BootEvent): void {
    if (event.type === "overheard" && event.request === "REQUEST") given = { mac: event.mac, atMs: now() };
    if (event.type !== "session" || event.change === "moved") return;
    const { session } = event;
    if (event.change === "began") return void awaited.delete(session.mac);
    if (session.outcome === "handed-over") awaited.set(session.mac, session);
    else awaited.delete(session.mac);
    if (session.outcome === "checked-in" && session.checkIn !== undefined) told.delete(session.mac);
    soon(session);
  }

  async function look(): Promise<void> {
    for (const session of sessions.underWay()) {
      if (isStuck({ session, earlier: [], nowMs: now() })) soon(session);
    }
    for (const session of overdue(awaited.values(), now() - checkInMs)) {
      awaited.delete(session.mac);
      soon(session);
    }
    await working;
  }

  const stop = world.subscribe(take);
  const timer = setInterval(() => void look(), options.lookEveryMs ?? LOOK_EVERY_MS);
  timer.unref();
  return {
    of,
    look,
    async close() {
      stop();
      clearInterval(timer);
      await working;
    },
  };
}

function overdue(sessions: Iterable<Session>, sinceMs: number): readonly Session[] {
  return [...sessions].filter(({ lastMs }) => lastMs <= sinceMs);
}
