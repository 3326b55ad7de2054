import { describe, expect, test } from "vitest";
import { isWaiting, machineLists, nameFault, whatText } from "../../dashboard/src/state/machine-list.ts";
import { EMPTY_LOG, logText, logWith, mainLines } from "../../dashboard/src/state/machine-log.ts";
import { isHostName } from "../../src/boot/hosts.ts";
import type { PublicEvent } from "../../src/web/schema/events.ts";
import type { MachineView } from "../../src/web/schema/machines.ts";

const NOW = Date.parse("2026-01-01T12:00:00.000Z");
const HOLD = { type: "stranger", reason: "hold", text: "to wait" } as const;

function machine(mac: string, secondsAgo: number, changes: Partial<MachineView> = {}): MachineView {
  const lastSeen = new Date(NOW - secondsAgo * 1000).toISOString();
  return { mac, firstSeen: lastSeen, lastSeen, visits: 1, told: HOLD, ...changes };
}

describe("machines", () => {
  test("those that wait at their screens are first, then those that were seen last", () => {
    const lists = machineLists(
      [
        machine("a", 1, { told: { type: "stranger", reason: "local", text: "to go on" } }),
        machine("b", 20),
        machine("c", 3600),
        machine("d", 5, { host: "beta", told: { type: "script", host: "beta", text: "to boot beta" } }),
      ],
      "",
      NOW,
    );
    expect(lists.unknown.map(({ mac }) => mac)).toEqual(["b", "a", "c"]);
    expect(lists.known.map(({ mac }) => mac)).toEqual(["d"]);
  });

  test("one that has not asked for a while waits no longer", () => {
    expect([isWaiting(machine("a", 30), NOW), isWaiting(machine("a", 60), NOW)]).toEqual([true, false]);
  });

  test("a search finds what was said, in any spelling of the address, and wants every word", () => {
    const all = [machine("52:54:00:12:34:56", 1, { manufacturer: "Supermicro", product: "X11" })];
    const found = (text: string) => machineLists(all, text, NOW).unknown.length;
    expect([found("52-54-00"), found("super x11"), found("super x12")]).toEqual([1, 1, 0]);
  });

  test("what a machine is is what it has said, else who made its card", () => {
    expect(whatText(machine("a", 1, { product: "X11", vendor: "Intel" }))).toBe("X11");
    expect(whatText(machine("a", 1, { vendor: "Intel" }))).toBe("Intel");
  });

  test.each(["beta", "a.b_c-1", "-a", "a b", "ä", "a".repeat(253), "a".repeat(254), "9"])(
    "whether '%s' can be a host's name is what the server says too",
    (name) => expect(nameFault(name) === undefined).toBe(isHostName(name)),
  );
});

describe("the log of a machine", () => {
  const at = "2026-01-01T00:00:01.000Z";
  const line = (text: string, level: "info" | "debug" = "info"): PublicEvent => ({
    ...{ type: "notice", at, level, text },
  });

  test("says since when it is, and has a line for each thing that was told", () => {
    const log = logWith(EMPTY_LOG, [
      { type: "hello", aliveEverySeconds: 10, at, since: "2026-01-01T00:00:00.000Z" },
      line("one"),
    ]);
    const more = logWith(log, [line("two", "debug"), { type: "hello", aliveEverySeconds: 10, at }]);
    expect(more.since).toBe("2026-01-01T00:00:00.000Z");
    expect(more.lines.map(({ number, text }) => [number, text])).toEqual([
      [1, "one"],
      [2, "two"],
    ]);
    expect(mainLines(more.lines).map(({ text }) => text)).toEqual(["one"]);
    expect(logText(more.lines)).toBe(`${at} info  one\n${at} debug two\n`);
  });

  test("is the same when nothing was said", () => {
    const log = logWith(EMPTY_LOG, [line("one")]);
    expect(logWith(log, [{ type: "hello", aliveEverySeconds: 10, at }])).toBe(log);
  });

  test("says where something was lost", () => {
    expect(logWith(EMPTY_LOG, [{ type: "gap", at }]).lines).toMatchObject([{ type: "gap", level: "warn" }]);
  });

  test("is bounded, and says then since when it is", () => {
    const many = Array.from({ length: 5001 }, (_, index) => line(String(index)));
    const log = logWith(EMPTY_LOG, [
      {
        type: "hello",
        aliveEverySeconds: 10,
        at: "2026-01-01T00:00:00.000Z",
        since: "2025-01-01T00:00:00.000Z",
      },
      ...many,
    ]);
    expect([log.lines.length, log.lines[0]?.text, log.since]).toEqual([5000, "1", at]);
  });
});
