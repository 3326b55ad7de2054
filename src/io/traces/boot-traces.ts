/**
 * Makes a trace of each boot when nothing more is to be expected of it, and has it sent.
 *
 * A span cannot be changed once it was sent. So a boot that has everything is kept back while it is expected
 * to say that it is up: until it does, begins anew, or its time is over.
 */

import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import type { Session } from "../../boot/session/session.ts";
import { lateCheckIn, type TraceMeans, traceOf } from "../../boot/traces/boot-trace.ts";
import type { Mac } from "../../wire/net/mac.ts";
import { createBoundedMap } from "../ladder/bounded-map.ts";
import type { Diagnoses } from "../sessions/diagnoses.ts";
import type { Sessions } from "../sessions/sessions.ts";
import type { World } from "../world.ts";
import type { SpanSender } from "./span-sender.ts";

export interface BootTraces {
  /** Looks whose time is over. */
  look(): Promise<void>;
  /** Resolves when everything that is to be sent was handed on. */
  close(): Promise<void>;
}

export interface BootTracesOptions {
  readonly world: World;
  readonly sessions: Pick<Sessions, "list">;
  readonly diagnoses: Pick<Diagnoses, "of">;
  readonly sender: Pick<SpanSender, "send">;
  /** Takes out of a text what lets its reader do something. */
  readonly clean: TraceMeans["clean"];
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  readonly lookEveryMs?: number;
}

/** A little longer than it takes until a boot that does not say that it is up is diagnosed. */
const AWAIT_MS = 11 * 60_000;
const LOOK_EVERY_MS = 15_000;
/** Boots that are kept back, and boots of which it is known that they were sent. */
const MAX_KNOWN = 4096;
/** Boots of a machine before one that tell whether it is to report. */
const EARLIER = 8;
/** Boots among which those are looked for that were kept back when the server stopped. */
const MAX_RESUMED = 500;

/** Makes traces of the boots that end from now on, and of those that were kept back when the server stopped. */
export async function startBootTraces(options: BootTracesOptions): Promise<BootTraces> {
  const { world, sessions, diagnoses, sender, clean, now = Date.now } = options;
  const means: TraceMeans = { digest: sha256, clean };
  /** By machine, in the order in which they came. */
  const awaited = new Map<Mac, Session>();
  const sent = createBoundedMap<true>(MAX_KNOWN);
  let working: Promise<void> = Promise.resolve();

  async function send(session: Session): Promise<void> {
    if (sent.get(session.id) !== undefined) return sender.send(lateCheckIn(session, means));
    sent.set(session.id, true);
    sender.send(traceOf(session, await diagnoses.of(session), means));
  }

  async function release(session: Session | undefined): Promise<void> {
    if (session === undefined) return;
    awaited.delete(session.mac);
    await send(session);
  }

  async function take(session: Session): Promise<void> {
    const before = awaited.get(session.mac);
    if (before?.id === session.id) awaited.delete(session.mac);
    else await release(before);
    const isOverdue = session.lastMs <= now() - AWAIT_MS;
    if (session.outcome !== "handed-over" || isOverdue || !(await isExpected(session))) return send(session);
    awaited.set(session.mac, session);
    if (awaited.size > MAX_KNOWN) await release([...awaited.values()][0]);
  }

  /** Where boots of a machine or its host have checked in, the next ones are to do so too. */
  async function isExpected({ mac, host, id }: Session): Promise<boolean> {
    const earlier = await sessions.list({ mac, before: id }, EARLIER);
    if (earlier.some(({ outcome }) => outcome === "checked-in")) return true;
    if (host === undefined) return false;
    return (await sessions.list({ host, outcome: "checked-in", before: id }, 1)).length > 0;
  }

  function soon(work: () => Promise<void>): Promise<void> {
    working = working
      .then(work)
      .catch((error: unknown) => world.record({ type: "bug", via: "traces", error }))
      // Thousands may end at once: whoever boots goes first.
      .then(() => setImmediate());
    return working;
  }

  const resumed = await sessions.list({ outcome: "handed-over" }, MAX_RESUMED);
  for (const session of resumed.filter(({ lastMs }) => lastMs > now() - AWAIT_MS).toReversed()) {
    // What nothing more is expected of was sent at once.
    if (await isExpected(session)) awaited.set(session.mac, session);
    else sent.set(session.id, true);
  }
  const stop = world.subscribe((event) => {
    if (event.type !== "session" || event.change === "moved") return;
    const { session, change } = event;
    void soon(() => (change === "ended" ? take(session) : release(awaited.get(session.mac))));
  });
  const look = () =>
    soon(async () => {
      for (const session of [...awaited.values()])
        if (session.lastMs <= now() - AWAIT_MS) await release(session);
    });
  const timer = setInterval(() => void look(), options.lookEveryMs ?? LOOK_EVERY_MS).unref();
  return {
    look,
    async close() {
      stop();
      clearInterval(timer);
      await working;
    },
  };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
