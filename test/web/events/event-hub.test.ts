import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { BootEvent, TransferUnderWay } from "../../../src/boot/event.ts";
import { createWorld } from "../../../src/io/world.ts";
import { createEventHub } from "../../../src/web/events/event-hub.ts";
import type { EventFilter } from "../../../src/web/events/wanted.ts";
import { publicEvent } from "../../../src/web/schema/events.ts";

const MAC = "52:54:00:12:34:56";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function rig() {
  const world = createWorld();
  const transfers: TransferUnderWay[] = [];
  const boot = { id: "b1", console: [{ number: 7, atMs: 1, text: "hung" }] };
  const errors: unknown[] = [];
  let listeners = 0;
  const hub = createEventHub({
    subscribe(listener) {
      listeners++;
      const stop = world.subscribe(listener);
      return () => {
        listeners--;
        stop();
      };
    },
    transfers: () => transfers,
    bootOf: (mac) => (mac === MAC ? boot : undefined),
    machineAt: (address) => (address === "10.0.0.7" ? { mac: MAC, host: "beta" } : {}),
    onError(error) {
      errors.push(error);
      world.record({ type: "bug", via: "the event stream", error });
    },
  });
  /** Somebody who listens, and whose connection may take nothing for a while. */
  function listen(lastEventId?: string, filter: EventFilter = {}, wantsKept = false) {
    const pieces: Uint8Array[] = [];
    const connection = { waiting: 0, isOpen: true };
    const outlet = {
      send: (bytes: Uint8Array) => void pieces.push(bytes),
      waitingBytes: () => connection.waiting,
      close() {
        connection.isOpen = false;
      },
    };
    const last = lastEventId === undefined ? {} : { lastEventId };
    const stop = hub.follow({ outlet, filter, wantsKept, ...last });
    const chunks = () => pieces.map((bytes) => new TextDecoder().decode(bytes));
    const events = () =>
      chunks()
        .join("")
        .split("\n\n")
        .flatMap((block) => {
          const data = /^data: (.*)$/m.exec(block)?.[1];
          return data === undefined
            ? []
            : [{ id: /^id: (.*)$/m.exec(block)?.[1], ...publicEvent.parse(JSON.parse(data)) }];
        });
    return { chunks, pieces, connection, stop, events, types: () => events().map(({ type }) => type) };
  }
  return { world, transfers, hub, listen, errors, count: () => listeners };
}

const notice = (text: string): BootEvent => ({ type: "notice", level: "info", text });
const textsOf = (events: readonly object[]) =>
  events.flatMap((event) => ("text" in event ? [event.text] : []));

describe("who wants what is kept", () => {
  test("begins with the first event since somebody listened, and is told since when that is", () => {
    const { world, listen } = rig();
    vi.setSystemTime("2026-01-01T00:00:00.000Z");
    listen();
    vi.setSystemTime("2026-01-01T00:10:00.000Z");
    world.record(notice("one"));
    vi.advanceTimersByTime(200);
    const late = listen(undefined, {}, true);
    expect(late.types()).toEqual(["hello"]);
    world.record(notice("two"));
    vi.advanceTimersByTime(200);
    expect(late.events()[0]).toMatchObject({ type: "hello", since: "2026-01-01T00:00:00.000Z" });
    expect(textsOf(late.events())).toEqual(["one", "two"]);
    // From the greeting alone it comes back to the same place.
    const again = listen(late.events()[0]?.id, {}, true);
    vi.advanceTimersByTime(200);
    expect(textsOf(again.events())).toEqual(["one", "two"]);
  });

  test("is told of what is kept still when the oldest events are gone", () => {
    const { world, listen } = rig();
    vi.setSystemTime("2026-01-01T00:00:00.000Z");
    listen();
    const long = "x".repeat(1_000_000);
    for (let minute = 1; minute <= 20; minute++) {
      vi.setSystemTime(Date.UTC(2026, 0, 1, 0, minute));
      world.record(notice(`${minute} ${long}`));
      vi.advanceTimersByTime(200);
    }
    const late = listen(undefined, {}, true);
    vi.advanceTimersByTime(200);
    const [hello, first] = late.events();
    expect(first).toMatchObject({ type: "notice" });
    expect(hello).toMatchObject({ since: first?.at });
    expect(hello).not.toMatchObject({ since: "2026-01-01T00:00:00.000Z" });
  });

  test("of who comes back, what it has had already is not sent again", () => {
    const { world, listen } = rig();
    const one = listen(undefined, {}, true);
    world.record(notice("one"));
    vi.advanceTimersByTime(200);
    const id = one.events().at(-1)?.id;
    world.record(notice("two"));
    vi.advanceTimersByTime(200);
    const again = listen(id, {}, true);
    vi.advanceTimersByTime(200);
    expect(textsOf(again.events())).toEqual(["two"]);
  });
});

test("nothing is recorded before somebody listens, and not for ever after", () => {
  const { listen, count } = rig();
  expect(count()).toBe(0);
  const one = listen();
  expect(count()).toBe(1);
  one.stop();
  vi.advanceTimersByTime(9 * 60_000);
  expect(count()).toBe(1);
  vi.advanceTimersByTime(2 * 60_000);
  expect(count()).toBe(0);
});

test("what happens within a tenth of a second is one piece", () => {
  const { world, listen } = rig();
  const one = listen();
  for (let i = 0; i < 500; i++) world.record(notice(`n${i}`));
  expect(one.pieces.length).toBe(1);
  vi.advanceTimersByTime(100);
  expect(one.pieces.length).toBe(2);
  expect(textsOf(one.events())).toEqual(Array.from({ length: 500 }, (_, i) => `n${i}`));
});

test("a hundred who listen are sent the same bytes", () => {
  const { world, listen } = rig();
  const all = Array.from({ length: 100 }, () => listen());
  world.record(notice("x"));
  vi.advanceTimersByTime(100);
  expect(new Set(all.map(({ pieces }) => pieces[1])).size).toBe(1);
});

describe("one who comes back", () => {
  test("gets what it missed, once and in order", () => {
    const { world, listen } = rig();
    const first = listen();
    world.record(notice("a"));
    vi.advanceTimersByTime(100);
    first.stop();
    for (const text of ["b", "c"]) world.record(notice(text));
    vi.advanceTimersByTime(100);
    const again = listen(first.events().at(-1)?.id);
    world.record(notice("d"));
    vi.advanceTimersByTime(100);
    expect(again.types()).toEqual(["hello", "notice", "notice", "notice"]);
    expect(textsOf(again.events())).toEqual(["b", "c", "d"]);
  });

  test("and had nothing but the greeting misses nothing either", () => {
    const { world, listen } = rig();
    const first = listen();
    first.stop();
    world.record(notice("a"));
    vi.advanceTimersByTime(100);
    const again = listen(first.events()[0]?.id);
    vi.advanceTimersByTime(100);
    expect(textsOf(again.events())).toEqual(["a"]);
  });

  test("after a restart is told that there is a gap", () => {
    const before = rig().listen().events()[0]?.id;
    vi.advanceTimersByTime(1000);
    const again = rig().listen(before);
    expect(again.types()).toEqual(["hello", "gap"]);
    expect(again.events()[1]?.id).not.toBe(before);
  });

  test("for what is no longer kept is told that there is a gap, and then what comes", () => {
    const { world, listen } = rig();
    const first = listen();
    first.stop();
    for (let round = 0; round < 40; round++) {
      for (let i = 0; i < 1000; i++) world.record(notice("x".repeat(500)));
      vi.advanceTimersByTime(100);
    }
    const again = listen(first.events()[0]?.id);
    world.record(notice("new"));
    vi.advanceTimersByTime(100);
    expect(again.types()).toEqual(["hello", "gap", "notice"]);
  });
});

describe("one who reads slowly", () => {
  test("is sent nothing more until it has read, and then all that is still kept", () => {
    const { world, listen } = rig();
    const slow = listen();
    slow.connection.waiting = 10_000_000;
    world.record(notice("a"));
    vi.advanceTimersByTime(1000);
    expect(slow.types()).toEqual(["hello"]);
    slow.connection.waiting = 0;
    vi.advanceTimersByTime(100);
    expect(textsOf(slow.events())).toEqual(["a"]);
  });

  test("and too slowly is told that there is a gap, and others have all", () => {
    const { world, listen } = rig();
    const [slow, quick] = [listen(), listen()];
    slow.connection.waiting = 10_000_000;
    for (let round = 0; round < 40; round++) {
      for (let i = 0; i < 1000; i++) world.record(notice("x".repeat(500)));
      vi.advanceTimersByTime(100);
    }
    slow.connection.waiting = 0;
    vi.advanceTimersByTime(200);
    expect(slow.types()).toEqual(["hello", "gap"]);
    expect(quick.events().length).toBe(40_001);
  });

  test("and takes nothing for a minute is let go", () => {
    const { world, listen } = rig();
    const slow = listen();
    slow.connection.waiting = 10_000_000;
    world.record(notice("a"));
    vi.advanceTimersByTime(59_000);
    expect(slow.connection.isOpen).toBe(true);
    vi.advanceTimersByTime(3_000);
    expect(slow.connection.isOpen).toBe(false);
  });

  test("and has much to catch up with gets it in parts", () => {
    const { world, listen } = rig();
    const first = listen();
    first.stop();
    for (let i = 0; i < 5000; i++) world.record(notice(`n${i}`));
    vi.advanceTimersByTime(100);
    const again = listen(first.events()[0]?.id);
    vi.advanceTimersByTime(100);
    expect(again.pieces.length).toBeGreaterThan(2);
    expect(textsOf(again.events())).toEqual(Array.from({ length: 5000 }, (_, i) => `n${i}`));
  });
});

describe("many who come at once and want what is kept", () => {
  const KEPT = 1000;
  function recorded() {
    const made = rig();
    made.listen().stop();
    for (let i = 0; i < KEPT; i++) made.world.record(notice(`${i} ${"ü".repeat(1000)}`));
    vi.advanceTimersByTime(100);
    return made;
  }

  test("get it in parts that are small in bytes, of whatever size the events are", () => {
    const { listen } = recorded();
    const one = listen(undefined, {}, true);
    const parts = () => one.pieces.slice(1).map(({ length }) => length);
    vi.advanceTimersByTime(100);
    expect(parts()).toHaveLength(4);
    vi.advanceTimersByTime(10_000);
    expect(Math.max(...parts())).toBeLessThanOrEqual(256 * 1024);
    const told = textsOf(one.events()).map(String);
    // In their order, without a hole, to the last one.
    expect(told.map((text) => Number.parseInt(text, 10))).toEqual(Array.from({ length: KEPT }, (_, i) => i));
  });

  test("and read nothing are sent little more than may wait for them", () => {
    const { listen } = recorded();
    const one = listen(undefined, {}, true);
    const sent = () => one.pieces.reduce((sum, { length }) => sum + length, 0);
    Object.defineProperty(one.connection, "waiting", { get: sent });
    vi.advanceTimersByTime(30_000);
    expect(sent()).toBeGreaterThan(512 * 1024);
    expect(sent()).toBeLessThanOrEqual((512 + 256) * 1024);
  });

  test("share the very same bytes", () => {
    const { listen } = recorded();
    const all = Array.from({ length: 200 }, () => listen(undefined, {}, true));
    vi.advanceTimersByTime(300);
    const one = all[0]?.pieces ?? [];
    expect(one.length).toBeGreaterThan(8);
    for (const nth of one.keys()) {
      // The greeting is everybody's own.
      if (nth > 0) expect(new Set(all.map(({ pieces }) => pieces[nth])).size).toBe(1);
    }
  });

  test("get an event that is larger than a part by itself", () => {
    const { world, listen } = rig();
    listen().stop();
    for (const text of ["a", "x".repeat(1_000_000), "b"]) world.record(notice(text));
    vi.advanceTimersByTime(100);
    const one = listen(undefined, {}, true);
    vi.advanceTimersByTime(1000);
    expect(textsOf(one.events()).map((text) => String(text).length)).toEqual([1, 1_000_000, 1]);
  });

  test("and want few of them get these at once", () => {
    const { world, listen } = recorded();
    world.record({ type: "approved", mac: MAC, host: "beta" });
    const one = listen(undefined, { types: new Set(["approved"]) }, true);
    vi.advanceTimersByTime(300);
    expect(one.types()).toEqual(["hello", "approved"]);
  });
});

test("filters keep away what is not wanted, and a client's place goes on all the same", () => {
  const { world, listen } = rig();
  const types = listen(undefined, { types: new Set(["approved"]) });
  const host = listen(undefined, { host: "beta" });
  const mac = listen(undefined, { mac: MAC });
  world.record(notice("x"));
  world.record({ type: "approved", mac: MAC, host: "beta" });
  world.record({ type: "unapproved", mac: "52:54:00:00:00:01", host: "gamma" });
  world.record({ type: "withdrawn", image: "beta" });
  vi.advanceTimersByTime(100);
  expect(types.types()).toEqual(["hello", "approved"]);
  expect(host.types()).toEqual(["hello", "approved", "withdrawn"]);
  expect(mac.types()).toEqual(["hello", "approved"]);
});

test("a filter that looks like no filter is no other one's", () => {
  const { world, listen } = rig();
  const strange = [
    listen(undefined, { types: new Set(["*"]) }),
    listen(undefined, { types: new Set(["notice,x"]) }),
    listen(undefined, { host: "a b" }),
    listen(undefined, { host: "a", mac: "b" }),
  ];
  const [all, some] = [listen(), listen(undefined, { types: new Set(["x", "notice"]) })];
  world.record(notice("x"));
  vi.advanceTimersByTime(100);
  expect(strange.map((each) => each.types())).toEqual(strange.map(() => ["hello"]));
  expect([all.types(), some.types()]).toEqual([
    ["hello", "notice"],
    ["hello", "notice"],
  ]);
});

test("large transfers are looked at twice a second, and told while they move", () => {
  const { transfers, listen } = rig();
  let sent = 0;
  const peer = { address: "10.0.0.7", port: 4000 };
  const facts = { via: "http", peer, path: "media/g/initrd" } as const;
  transfers.push({ ...facts, sizeBytes: 5_000_000, sentBytes: () => sent });
  transfers.push({ ...facts, path: "small", sizeBytes: 5000, sentBytes: () => 1 });
  const one = listen();
  vi.advanceTimersByTime(500);
  vi.advanceTimersByTime(500);
  sent = 1_000_000;
  vi.advanceTimersByTime(500);
  expect(one.events().slice(1)).toMatchObject([
    { type: "progress", path: "media/g/initrd", sentBytes: 0, mac: MAC, host: "beta", id: undefined },
    { type: "progress", path: "media/g/initrd", sentBytes: 1_000_000 },
  ]);
});

test("a session that moves on several times at once is told as it is then", () => {
  const { world, listen } = rig();
  const one = listen();
  const session = (id: string, startMs: number) => ({
    ...({
      id,
      mac: MAC,
      via: "netboot",
      startMs,
      lastMs: startMs,
      scripts: 0,
      outcome: "under-way",
    } as const),
    steps: [],
  });
  for (const [change, id, at] of [
    ["began", "a", 1],
    ["moved", "a", 2],
    ["moved", "b", 3],
    ["moved", "a", 4],
  ] as const) {
    world.record({ type: "session", change, session: session(id, at) });
  }
  vi.advanceTimersByTime(100);
  const told = one.events().flatMap((event) => (event.type === "session" ? [event] : []));
  expect(told.map(({ change, session: { id, start } }) => [change, id, Date.parse(start)])).toEqual([
    ["began", "a", 1],
    ["moved", "b", 3],
    ["moved", "a", 4],
  ]);
});

test("what a machine says is told with its place in the boot that is followed", () => {
  const { world, listen } = rig();
  world.nameMachines((address) => (address === "10.0.0.7" ? { mac: MAC } : {}));
  const one = listen(undefined, { types: new Set(["console"]) });
  for (const address of ["10.0.0.7", "10.0.0.8"]) {
    const text = "hung checkin/secret";
    world.record({ type: "console", via: "syslog", peer: { address, port: 514 }, severity: 3, text });
  }
  vi.advanceTimersByTime(100);
  const [, known, unknown] = one.events();
  expect(known).toMatchObject({ said: "hung checkin/…", mac: MAC, boot: "b1", number: 7, severity: 3 });
  expect(unknown).not.toHaveProperty("boot");
  expect(unknown).not.toHaveProperty("number");
});

test("a sign of life says where the stream is, for one who wanted nothing of what happened", () => {
  const { world, listen } = rig();
  const one = listen(undefined, { host: "beta" });
  world.record(notice("x"));
  vi.advanceTimersByTime(10_000);
  expect(one.events()[0]).toMatchObject({ type: "hello", aliveEverySeconds: 10 });
  const [, id = ""] = /^id: (\S+)\nevent: alive\ndata: .*\n\n$/.exec(one.chunks().at(-1) ?? "") ?? [];
  expect(one.types()).toEqual(["hello", "alive"]);
  expect(listen(id).types()).toEqual(["hello"]);
  const again = listen(one.events()[0]?.id);
  vi.advanceTimersByTime(100);
  expect(textsOf(again.events())).toEqual(["x"]);
});

describe("what cannot be shown", () => {
  const session = (lastMs: number) =>
    ({
      type: "session",
      change: "began",
      session: {
        ...({ id: "s1", mac: MAC, via: "netboot", outcome: "under-way", scripts: 0 } as const),
        ...{ startMs: 1, lastMs, steps: [] },
      },
    }) as const;

  test("is left out and told as a mistake of ours; what comes before and after it is not", () => {
    const { world, listen, errors } = rig();
    const one = listen();
    for (const event of [notice("a"), session(8.7e15), notice("b")]) world.record(event);
    vi.advanceTimersByTime(1000);
    world.record(notice("c"));
    vi.advanceTimersByTime(1000);
    expect(one.types()).toEqual(["hello", "notice", "notice", "bug", "notice"]);
    expect(errors).toHaveLength(1);
    // Their numbers have no hole, or who comes back would be given another event than the next.
    const again = listen(one.events()[1]?.id);
    vi.advanceTimersByTime(100);
    expect(textsOf(again.events())).toEqual(["b", expect.stringContaining("bug"), "c"]);
  });

  test("of a mistake of ours is not told again for ever", () => {
    const { world, listen, errors } = rig();
    const one = listen();
    // A text cannot be made of it.
    world.record({ type: "bug", via: "x", error: Object.create(null) });
    world.record(notice("a"));
    vi.advanceTimersByTime(10_000);
    expect(textsOf(one.events())).toEqual(["a"]);
    expect(errors).toEqual([]);
  });

  test("of a transfer is told once, until it can be shown again", () => {
    const { transfers, listen, errors } = rig();
    const broken = { is: true };
    const peer = { address: "10.0.0.7", port: 4000 };
    transfers.push({
      ...({ via: "http", peer, path: "initrd", sizeBytes: 5_000_000 } as const),
      sentBytes() {
        if (broken.is) throw new Error("no file");
        return 1_000_000;
      },
    });
    const one = listen();
    vi.advanceTimersByTime(5000);
    expect(errors).toHaveLength(1);
    broken.is = false;
    vi.advanceTimersByTime(500);
    expect(one.types()).toEqual(["hello", "bug", "progress"]);
    broken.is = true;
    vi.advanceTimersByTime(5000);
    expect(errors).toHaveLength(2);
  });
});
