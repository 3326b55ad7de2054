import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { openStream, type Source, type Tab } from "../../dashboard/src/shell/stream.ts";
import type { PublicEvent } from "../../src/web/schema/events.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const AT = "2026-01-01T00:00:00.000Z";
const HELLO: PublicEvent = { type: "hello", at: AT, aliveEverySeconds: 10 };
const ALIVE: PublicEvent = { type: "alive", at: AT };
const notice: PublicEvent = { type: "notice", at: AT, level: "info", text: "x" };

interface Connection {
  readonly url: string;
  isOpen: boolean;
  /** What the server sends on it. */
  say(event: PublicEvent, id?: string): void;
  /** It breaks; the browser tries again by itself, unless it was refused. */
  fail(isRefused: boolean): void;
}

/** A stream over connections that do what the test says, the last one first, in a tab that may be hidden. */
function rig(isHiddenFirst = false) {
  const connections: Connection[] = [];
  const told: string[] = [];
  const beats: number[] = [];
  const looks = new Set<() => void>();
  let isHidden = isHiddenFirst;
  const hide = (now: boolean) => {
    isHidden = now;
    for (const look of looks) look();
  };
  const tab: Tab = {
    isHidden: () => isHidden,
    onChange(look) {
      looks.add(look);
      return () => void looks.delete(look);
    },
  };
  const connect = (url: string): Source => {
    const listeners = new Map<string, (message: { data: string; lastEventId: string }) => void>();
    let lastEventId = "";
    let readyState = 1;
    const source: Source = {
      get readyState() {
        return readyState;
      },
      addEventListener: (type, listener) => void listeners.set(type, listener),
      close() {
        readyState = 2;
        connection.isOpen = false;
      },
    };
    const connection: Connection = {
      ...{ url, isOpen: true },
      say(event, id = lastEventId) {
        lastEventId = id;
        const type = event.type === "alive" ? "alive" : "message";
        if (readyState === 1) listeners.get(type)?.({ data: JSON.stringify(event), lastEventId });
      },
      fail(isRefused) {
        readyState = isRefused ? 2 : 0;
        listeners.get("error")?.({ data: "", lastEventId });
        readyState = isRefused ? 2 : 1;
      },
    };
    connections.unshift(connection);
    return source;
  };
  const stream = openStream(
    "types=notice",
    {
      onEvent: ({ type }) => void told.push(type),
      onLost: (isRefused) => void told.push(isRefused ? "refused" : "lost"),
      onPause: () => void told.push("paused"),
      onAlive: () => void beats.push(performance.now()),
    },
    { connect, tab },
  );
  const now = () => {
    const [last] = connections;
    if (last === undefined) throw new Error("nothing was connected");
    return last;
  };
  return { stream, told, beats, connections, now, hide, looks };
}

describe("a connection on which nothing comes", () => {
  test("is given up within two and a half of the intervals that the server promised, and taken up where it was", () => {
    const { told, connections, now } = rig();
    now().say(HELLO, "e-1");
    now().say(notice, "e-2");
    const before = now();
    vi.advanceTimersByTime(24_900);
    expect([told, connections.length]).toEqual([["hello", "notice"], 1]);
    vi.advanceTimersByTime(200);
    expect(told).toEqual(["hello", "notice", "lost"]);
    expect(before.isOpen).toBe(false);
    expect(now().url).toBe("/api/v1/events?types=notice&after=e-2");
    now().say(HELLO, "e-2");
    now().say(notice, "e-3");
    expect(told).toEqual(["hello", "notice", "lost", "hello", "notice"]);
  });

  test("is not one with signs of life, which are no news, and say where the stream is", () => {
    const { told, beats, connections, now } = rig();
    now().say(HELLO, "e-1");
    for (let beat = 2; beat < 100; beat++) {
      vi.advanceTimersByTime(10_000);
      now().say(ALIVE, `e-${beat}`);
    }
    expect([told, connections.length, beats.length]).toEqual([["hello"], 1, 98]);
    vi.advanceTimersByTime(25_100);
    expect(now().url).toMatch(/after=e-99$/);
  });

  test("is given up too when not even the greeting came, again and again", () => {
    const { told, connections } = rig();
    vi.advanceTimersByTime(80_000);
    expect(connections.length).toBe(4);
    expect(connections.filter(({ isOpen }) => isOpen).length).toBe(1);
    expect(new Set(told)).toEqual(new Set(["lost"]));
  });
});

test("what breaks the browser mends by itself; what was refused is asked again in a while", () => {
  const { told, connections, now } = rig();
  now().say(HELLO, "e-1");
  now().fail(false);
  expect([told, connections.length]).toEqual([["hello", "lost"], 1]);
  now().say(HELLO, "e-1");
  now().fail(true);
  expect(told).toEqual(["hello", "lost", "hello", "refused"]);
  vi.advanceTimersByTime(2100);
  expect([connections.length, now().url]).toEqual([2, "/api/v1/events?types=notice&after=e-1"]);
});

test("what is closed is not watched, and opens no more", () => {
  const { stream, told, connections, now } = rig();
  now().say(HELLO, "e-1");
  stream.close();
  vi.advanceTimersByTime(600_000);
  expect([told, connections.length, now().isOpen]).toEqual([["hello"], 1, false]);
});

describe("a tab that nobody sees", () => {
  test("gives its connection up after some seconds, and goes on where it was when somebody looks", () => {
    const { told, connections, now, hide } = rig();
    now().say(HELLO, "e-1");
    now().say(notice, "e-2");
    hide(true);
    vi.advanceTimersByTime(4900);
    expect(now().isOpen).toBe(true);
    vi.advanceTimersByTime(200);
    expect([now().isOpen, told]).toEqual([false, ["hello", "notice", "paused"]]);
    vi.advanceTimersByTime(3_600_000);
    expect([connections.length, told.length]).toEqual([1, 3]);
    hide(false);
    expect([connections.length, now().url]).toEqual([2, "/api/v1/events?types=notice&after=e-2"]);
    now().say(HELLO, "e-2");
    expect(told.at(-1)).toBe("hello");
  });

  test("keeps it when somebody only looked away, however often", () => {
    const { told, connections, now, hide } = rig();
    now().say(HELLO, "e-1");
    for (let time = 0; time < 10; time++) {
      hide(true);
      vi.advanceTimersByTime(1000);
      hide(false);
      vi.advanceTimersByTime(1000);
    }
    expect([connections.length, now().isOpen, told]).toEqual([1, true, ["hello"]]);
  });

  test("connects only when somebody looks, whatever wants it to before", () => {
    const { stream, connections, hide } = rig(true);
    stream.reopen();
    vi.advanceTimersByTime(60_000);
    expect(connections.length).toBe(0);
    hide(false);
    expect(connections.length).toBe(1);
  });

  test("does not try again what was refused, and is not waited for when it is closed", () => {
    const { stream, connections, now, hide, looks } = rig();
    now().say(HELLO, "e-1");
    hide(true);
    vi.advanceTimersByTime(4000);
    now().fail(true);
    vi.advanceTimersByTime(60_000);
    expect(connections.length).toBe(1);
    stream.close();
    expect(looks.size).toBe(0);
    hide(false);
    vi.advanceTimersByTime(60_000);
    expect(connections.length).toBe(1);
  });
});
