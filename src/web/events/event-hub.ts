/**
 * The event stream: what happens is written once, in batches, for all who listen, at the pace of each.
 *
 * Nothing is recorded before somebody listens for the first time, nor long after the last one has gone.
 */

import type { BootEvent } from "../../boot/event.ts";
import { createEventRing, type EventRing } from "./event-ring.ts";
import type { EventSource } from "./event-source.ts";
import { createFollowers, type Followers, type Listener } from "./followers.ts";
import { createProgress } from "./progress.ts";
import { type ConsolePlace, publicEvent } from "./public-event.ts";
import { type Concern, concernOf } from "./wanted.ts";

export interface EventHub {
  /** Sends events from now on, or from the one after the last that it had. @returns what ends it */
  follow(listener: Listener): () => void;
  /** Ends the connections of all who listen. */
  close(): void;
}

/** A boot storm's thousands of events a second are as many batches as ten. */
const BATCH_MS = 100;
/** Events of one batch. */
const MAX_WAITING = 50_000;
const PROGRESS_MS = 500;
const HEARTBEAT_MS = 10_000;
/** Whoever lost the connection comes back within this, and misses nothing. */
const LINGER_MS = 10 * 60_000;
/** Of the events that are kept for those who come back: the storm of a thousand machines, with room to spare. */
const RING_CHARS = 8 * 1024 * 1024;

export function createEventHub(source: EventSource): EventHub {
  let recording: Recording | undefined;
  let lingering: NodeJS.Timeout | undefined;

  function stop(): void {
    clearTimeout(lingering);
    recording?.close();
    recording = undefined;
  }
  return {
    follow(listener) {
      clearTimeout(lingering);
      recording ??= startRecording(source);
      const { followers } = recording;
      const leave = followers.add(listener);
      return () => {
        leave();
        if (followers.count() > 0 || recording?.followers !== followers) return;
        clearTimeout(lingering);
        lingering = setTimeout(stop, LINGER_MS).unref();
      };
    },
    close: stop,
  };
}

interface Recording {
  readonly followers: Followers;
  close(): void;
}

interface Happened {
  readonly event: BootEvent;
  readonly atMs: number;
  readonly place?: ConsolePlace | undefined;
}

function startRecording(source: EventSource): Recording {
  const { subscribe, onError, now = Date.now } = source;
  const ring = createEventRing<Concern>(now().toString(36), RING_CHARS);
  const progress = createProgress(source, now);
  let waiting: Happened[] = [];
  let lost = 0;
  let timer: NodeJS.Timeout | undefined;

  /** One flush waits at any time, and keeps no process alive. */
  function arm(): void {
    timer ??= setTimeout(flush, BATCH_MS).unref();
  }
  const followers = createFollowers(ring, { now, beatMs: HEARTBEAT_MS, onBehind: arm });
  function flush(): void {
    timer = undefined;
    const batch = waiting;
    waiting = [];
    enter(ring, batch, onError);
    if (lost > 0) ring.skip(lost);
    lost = 0;
    followers.pump();
  }
  const unsubscribe = subscribe((event) => {
    if (waiting.length < MAX_WAITING) waiting.push({ event, atMs: now(), place: placeOf(event, source) });
    else lost++;
    arm();
  });
  let isFailing = false;
  function sample(): void {
    if (followers.count() === 0) return;
    try {
      followers.tell(progress());
      isFailing = false;
    } catch (error) {
      // As long as it lasts it is the same mistake, twice a second.
      if (!isFailing) onError(error);
      isFailing = true;
    }
  }
  const sampling = setInterval(sample, PROGRESS_MS).unref();
  const beating = setInterval(followers.beat, HEARTBEAT_MS).unref();
  return {
    followers,
    close() {
      unsubscribe();
      clearTimeout(timer);
      clearInterval(sampling);
      clearInterval(beating);
      followers.close();
    },
  };
}

/** Within a timer, where an event that cannot be shown would end the process. */
function enter(ring: EventRing<Concern>, batch: readonly Happened[], onError: EventSource["onError"]): void {
  for (const { event, atMs, place } of withoutSteps(batch)) {
    try {
      const shown = publicEvent(event, atMs, place);
      const data = JSON.stringify(shown);
      ring.push(concernOf(shown), (id) => `id: ${id}\ndata: ${data}\n\n`);
    } catch (error) {
      // Of a mistake that cannot be told a next one would be told, and so on.
      if (event.type !== "bug") onError(error);
    }
  }
}

/** Later it may be another boot. */
function placeOf(event: BootEvent, { bootOf }: EventSource): ConsolePlace | undefined {
  if (event.type !== "console" || event.mac === undefined) return undefined;
  const boot = bootOf(event.mac);
  const number = boot?.console?.at(-1)?.number;
  return boot === undefined || number === undefined ? undefined : { boot: boot.id, number };
}

/** Of a session that moved on several times within a batch, only how it is at the end. */
function withoutSteps(batch: readonly Happened[]): readonly Happened[] {
  const last = new Map<string, Happened>();
  for (const each of batch) if (each.event.type === "session") last.set(each.event.session.id, each);
  return batch.filter((each) => {
    const { event } = each;
    return event.type !== "session" || event.change !== "moved" || last.get(event.session.id) === each;
  });
}
