/** Those who listen to the event stream: each gets what it wants at its own pace, written once for all. */

import { isoTime } from "../present.ts";
import type { PublicEvent, PublicEventOf } from "../schema/events.ts";
import type { EventRing, RingEntry } from "./event-ring.ts";
import { type Concern, concernOf, type EventFilter, isWanted } from "./wanted.ts";

/** Where the events of one who listens go. */
export interface Outlet {
  send(bytes: Uint8Array): void;
  /** What was sent and is not on its way yet. */
  waitingBytes(): number;
  /** Ends the connection. */
  close(): void;
}

export interface Listener {
  readonly outlet: Outlet;
  readonly filter: EventFilter;
  /** As the browser says it when it comes back. */
  readonly lastEventId?: string;
  /** It wants what is kept of earlier too. */
  readonly wantsKept?: boolean;
}

export interface Followers {
  count(): number;
  add(listener: Listener): () => void;
  /** Sends everyone what it has not had yet. */
  pump(): void;
  /** Sends what is not kept for those who come back. */
  tell(events: readonly PublicEvent[]): void;
  /** Shows everyone, and what is between, that the connection is alive. */
  beat(): void;
  close(): void;
}

interface FollowerOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** How often {@link Followers.beat} is called. */
  readonly beatMs: number;
  /** Somebody could not be sent all: pump again in a while. */
  readonly onBehind: () => void;
}

interface Follower extends Listener {
  /** Of the event that it gets next. */
  next: number;
  /** Those with the same key want the same. */
  readonly key: string;
  /** Since when it takes nothing; `undefined`: it does. */
  stuckMs: number | undefined;
}

/** Whoever has so much to read yet is sent nothing more until it has: memory for each is bounded. */
const MAX_WAITING_BYTES = 512 * 1024;
/** Written at once; one event that is larger goes by itself. */
const MAX_PART_BYTES = 256 * 1024;
/** Looked at for one part. */
const MAX_EVENTS = 2000;
/** Of one pump, to one who takes them as quickly: a boot storm has some megabytes a second. */
const MAX_PARTS = 4;
/** Whoever takes nothing for so long is gone, or as good as gone. */
const PATIENCE_MS = 60_000;
/** How long a browser waits before it comes back. */
const RETRY_MS = 2000;

export function createFollowers(ring: EventRing<Concern>, options: FollowerOptions): Followers {
  const { now, beatMs, onBehind } = options;
  const all = new Set<Follower>();
  const encoder = new TextEncoder();
  const beganMs = now();
  const own = (type: "hello" | "gap", id: string, more: Partial<PublicEventOf<"hello">> = {}) => {
    const text = JSON.stringify({ type, at: isoTime(now()), ...more });
    return encoder.encode(`retry: ${RETRY_MS}\nid: ${id}\ndata: ${text}\n\n`);
  };
  /** Of whatever was before nothing is kept. */
  function keptSince(): string {
    const first = ring.first();
    if (first === undefined) return isoTime(ring.next === 1 ? beganMs : now());
    return first.number === 1 ? isoTime(beganMs) : first.event.at;
  }
  function start({ lastEventId, wantsKept }: Listener): number | undefined {
    if (lastEventId !== undefined) return ring.after(lastEventId);
    return wantsKept === true ? (ring.first()?.number ?? ring.next) : ring.next;
  }
  const skipGap = (follower: Follower) => {
    follower.outlet.send(own("gap", ring.lastId()));
    follower.next = ring.next;
  };

  /** Whether it can be sent more; one that reads nothing for too long is let go. */
  function isReady(follower: Follower): boolean {
    if (follower.outlet.waitingBytes() <= MAX_WAITING_BYTES) {
      follower.stuckMs = undefined;
      return true;
    }
    follower.stuckMs ??= now();
    if (now() - follower.stuckMs > PATIENCE_MS) follower.outlet.close();
    return false;
  }
  function pumpOne(follower: Follower, parts: Map<string, Part>): void {
    for (let sent = 0; sent < MAX_PARTS && follower.next !== ring.next && isReady(follower); sent++)
      sendPart(follower, parts);
    if (follower.next !== ring.next) onBehind();
  }
  function sendPart(follower: Follower, parts: Map<string, Part>): void {
    const key = `${follower.next} ${follower.key}`;
    const part = parts.get(key) ?? partFor(follower);
    if (part === undefined) {
      skipGap(follower);
      return;
    }
    parts.set(key, part);
    if (part.bytes.length > 0) follower.outlet.send(part.bytes);
    follower.next += part.events;
  }
  function partFor({ next, filter }: Follower): Part | undefined {
    const entries = ring.from(next, MAX_EVENTS);
    return entries && partOf(entries, filter);
  }
  function pump(): void {
    const parts = new Map<string, Part>();
    for (const follower of all) pumpOne(follower, parts);
  }
  return {
    count: () => all.size,
    add(listener) {
      const { filter, outlet, wantsKept } = listener;
      const next = start(listener);
      const follower: Follower = {
        ...listener,
        next: next ?? ring.next,
        key: keyOf(filter),
        stuckMs: undefined,
      };
      // With this id it comes back to the same place, should it go before it had anything.
      const id = next === undefined ? ring.lastId() : ring.idBefore(next);
      const since = wantsKept === true ? { since: keptSince() } : {};
      outlet.send(own("hello", id, { aliveEverySeconds: beatMs / 1000, ...since }));
      if (next === undefined || ring.from(next, 0) === undefined) skipGap(follower);
      all.add(follower);
      // Many may come at once, after the network was gone: they share what is written for one of them.
      if (follower.next !== ring.next) onBehind();
      return () => all.delete(follower);
    },
    pump,
    tell(events) {
      if (events.length === 0) return;
      const written = new Map<string, Uint8Array>();
      for (const follower of all) {
        if (!isReady(follower)) continue;
        const bytes = written.get(follower.key) ?? encoder.encode(unkeptText(events, follower.filter));
        written.set(follower.key, bytes);
        if (bytes.length > 0) follower.outlet.send(bytes);
      }
    },
    beat() {
      const data = `event: alive\ndata: ${JSON.stringify({ type: "alive", at: isoTime(now()) })}\n\n`;
      const alive = encoder.encode(data);
      // Who wants few of the events comes back to where the stream is.
      const bytes = encoder.encode(`id: ${ring.lastId()}\n${data}`);
      for (const follower of all) {
        if (isReady(follower)) follower.outlet.send(follower.next === ring.next ? bytes : alive);
      }
    },
    close() {
      for (const { outlet } of all) outlet.close();
      all.clear();
    },
  };
}

/** What is sent at once, to all who are at the same place and want the same. */
interface Part {
  readonly bytes: Uint8Array;
  /** How many events it goes on by, wanted or not. */
  readonly events: number;
}

function partOf(entries: readonly RingEntry<Concern>[], filter: EventFilter): Part {
  let text = "";
  let bytes = 0;
  let events = 0;
  for (const entry of entries) {
    if (isWanted(entry.event, filter)) {
      bytes += Buffer.byteLength(entry.text);
      if (text !== "" && bytes > MAX_PART_BYTES) break;
      text += entry.text;
    }
    events++;
  }
  return { bytes: Buffer.from(text), events };
}

function unkeptText(events: readonly PublicEvent[], filter: EventFilter): string {
  const wanted = events.filter((event) => isWanted(concernOf(event), filter));
  return wanted.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");
}

/** Nobody's names can make it another filter's. */
function keyOf({ types, host, mac }: EventFilter): string {
  return JSON.stringify([types && [...types].sort(), host, mac]);
}
