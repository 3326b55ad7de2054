import { expect, test } from "vitest";
import type { BootEvent } from "../../src/boot/event.ts";
import { startJournal } from "../../src/io/journal.ts";
import { createWorld } from "../../src/io/world.ts";

interface JournalMore {
  readonly width?: number;
  readonly bootOf?: (event: BootEvent) => string | undefined;
  /** By how much the clock on the wall is set after the first event. */
  readonly setByMs?: number;
}

async function journalLines(
  events: readonly (readonly [number, BootEvent])[],
  readable = false,
  { width = 200, bootOf = () => undefined, setByMs = 0 }: JournalMore = {},
): Promise<string[]> {
  const world = createWorld();
  const lines: string[] = [];
  let now = 0;
  let offsetMs = 0;
  const journal = await startJournal(world, {
    level: "info",
    readable,
    stream: { write: (line: string) => void lines.push(line) },
    now: () => now + offsetMs,
    steadyNow: () => now,
    width: () => width,
  });
  journal.nameBoots(bootOf);
  for (const [time, event] of events) {
    now = time;
    world.record(event);
    offsetMs = setByMs;
  }
  journal.close();
  return lines.join("").split(/(?<=\n)/);
}

const stranger: BootEvent = {
  type: "dhcp",
  interface: "lan0",
  port: 67,
  request: "DISCOVER",
  client: { mac: "52:54:00:12:34:56", stage: "uefi", isa: "x86", program: "efi-x64", arch: 7 },
  decision: { type: "silent", reason: "unknown-host" },
};

test("a stranger is named once a minute with the command that lets it boot, however often it asks", async () => {
  const lines = await journalLines([
    [0, stranger],
    [4_000, stranger],
    [61_000, stranger],
  ]);
  expect(lines.map((line) => JSON.parse(line).time)).toEqual([
    "1970-01-01T00:00:00.000Z",
    "1970-01-01T00:01:01.000Z",
  ]);
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({
    level: "info",
    event: "dhcp",
    msg:
      "52:54:00:12:34:56 (x64 UEFI) DISCOVER on lan0: nothing is configured for 52:54:00:12:34:56, so it is " +
      "left alone (to boot it: link an image to hosts/52-54-00-12-34-56 or to hosts/default)",
  });
});

test("a clock that is set back or forward makes no line quieter or louder", async () => {
  for (const setByMs of [-3_000_000, 3_000_000]) {
    const asked: [number, BootEvent][] = [4_000_000, 4_004_000, 4_061_000].map((at) => [at, stranger]);
    const lines = await journalLines(asked, false, { setByMs });
    expect(lines.map((line) => Date.parse(JSON.parse(line).time))).toEqual([4_000_000, 4_061_000 + setByMs]);
  }
});

test("a line for a terminal has the time, the level and the sentence, and no JSON", async () => {
  const [line] = await journalLines(
    [[0, { type: "notice", level: "warn", text: "disk full", cure: "make room" }]],
    true,
  );
  expect(line).toMatch(/^\[\d\d:\d\d:\d\d\] WARN: disk full; make room\n$/);
});

test("a bug is logged with its bytes, so that it can be reproduced", async () => {
  const [line] = await journalLines([
    [0, { type: "bug", via: "dhcp", error: new Error("boom"), bytes: Uint8Array.of(1, 0xfe) }],
  ]);
  expect(line).toContain("boom");
  expect(line).toContain("bytes=01fe");
});

test("a bug that anybody can bring about fills no log, and another one is told", async () => {
  const bug = (text: string): BootEvent => ({ type: "bug", via: "http", error: new Error(text) });
  const lines = await journalLines([
    [0, bug("boom")],
    [1, bug("boom")],
    [2, bug("bang")],
  ]);
  expect(lines.map((line) => line.includes("boom"))).toEqual([true, false]);
});

const BOOT = "0loyw3v28-abc123";

test("a line that concerns a boot names it, and no other line does", async () => {
  const bootOf = (event: BootEvent) => (event.type === "dhcp" ? BOOT : undefined);
  const [first, second] = await journalLines(
    [
      [0, stranger],
      [1, { type: "notice", level: "warn", text: "disk full" }],
    ],
    false,
    { bootOf },
  );
  expect(JSON.parse(first ?? "")).toMatchObject({ event: "dhcp", boot: BOOT });
  expect(JSON.parse(second ?? "")).not.toHaveProperty("boot");
});

test("on a terminal the boot stands at the end of the line, where that fits", async () => {
  const notice: BootEvent = { type: "notice", level: "warn", text: "it asks again" };
  const bootOf = () => BOOT;
  const [wide] = await journalLines([[0, notice]], true, { bootOf });
  expect(wide).toMatch(/^\[\d\d:\d\d:\d\d\] WARN: it asks again {2}0loyw3v28-abc123\n$/);
  const [narrow] = await journalLines([[0, notice]], true, { bootOf, width: 40 });
  expect(narrow).toMatch(/^\[\d\d:\d\d:\d\d\] WARN: it asks again\n$/);
});

test("a line that cannot be made is left out and told as a mistake of ours; those beside it are written", async () => {
  const bad: BootEvent = { type: "notice", level: "warn", text: "bad" };
  const world = createWorld();
  const lines: string[] = [];
  const stream = { write: (text: string) => void lines.push(...text.trimEnd().split("\n")) };
  const journal = await startJournal(world, { level: "info", readable: false, stream });
  journal.nameBoots((event) => {
    if (event === bad || event.type === "bug") throw new RangeError("Invalid time value");
    return undefined;
  });
  const bugs: BootEvent[] = [];
  world.subscribe((event) => void (event.type === "bug" && bugs.push(event)));
  for (const event of [{ ...bad, text: "before" }, bad, { ...bad, text: "after" }]) world.record(event);
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
  journal.close();
  expect(lines.map((line) => JSON.parse(line).msg)).toEqual(["before", "after"]);
  expect(bugs).toMatchObject([{ via: "the journal", error: { message: "Invalid time value" } }]);
});
