import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Alert } from "../../../src/boot/notify/alert.ts";
import {
  GATHER_MS,
  type Gathering,
  gather,
  MAX_GATHERED,
  NOTHING_GATHERED,
  release,
} from "../../../src/boot/notify/gathering.ts";
import { judgeRepeat, toldOf } from "../../../src/boot/notify/repeat.ts";
import { alert, START_MS } from "../../support/alerts.ts";

const all = (alerts: readonly Alert[], from: Gathering = NOTHING_GATHERED) => alerts.reduce(gather, from);

test("what comes within ten seconds is one message, and no more than that waits", () => {
  const gathered = all([alert({ subject: "a" }), alert({ subject: "b", atMs: START_MS + 9_000 })]);
  expect(release(gathered, "boot-failed", START_MS + GATHER_MS - 1)[1]).toBeUndefined();
  const [after, batch] = release(gathered, "boot-failed", START_MS + GATHER_MS);
  expect(batch?.alerts.map(({ subject }) => subject)).toEqual(["a", "b"]);
  expect(release(after, "boot-failed", START_MS + 3_600_000)[1]).toBeUndefined();
});

test("of one machine the last word counts", () => {
  const mac = "52:54:00:12:34:56";
  const gathered = all([alert({ mac }), alert({ mac, cause: "boot-loop" })]);
  expect(gathered.alerts.map(({ cause }) => cause)).toEqual(["boot-loop"]);
});

test("two troubles of the server's own are two", () => {
  const of = (text: string) => alert({ kind: "server-trouble", subject: "Mayfly", key: text, text });
  expect(all([of("no DHCP on eth0"), of("no TFTP on eth0"), of("no DHCP on eth0")]).alerts).toHaveLength(2);
});

test("a trouble that is over before anybody was told is not told, and neither is its end", () => {
  const trouble = alert({ kind: "server-trouble", key: "k", lasts: true });
  const gathered = all([trouble, alert({ kind: "server-trouble", key: "k", isOver: true })]);
  expect(gathered.alerts).toEqual([]);
  expect(release(gathered, "server-trouble", Number.POSITIVE_INFINITY)[1]).toBeUndefined();
});

test("more alerts than there is room for are counted", () => {
  const many = Array.from({ length: MAX_GATHERED + 7 }, (_, i) => alert({ subject: `n${i}` }));
  expect(all(many)).toMatchObject({ more: 7, alerts: expect.objectContaining({ length: MAX_GATHERED }) });
});

test("a storm of an hour is a handful of messages, whenever its alerts come", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 3_600_000 }), { maxLength: 300 }), (offsets) => {
      let state: Gathering = NOTHING_GATHERED;
      let messages = 0;
      let told = 0;
      const times = offsets.toSorted((a, b) => a - b);
      for (let at = 0; at <= 2 * 3_600_000; at += 5_000) {
        while (times[0] !== undefined && times[0] <= at) {
          const atMs = START_MS + (times.shift() ?? 0);
          state = gather(
            state,
            alert({ subject: `n${told++ + state.alerts.length}${atMs}${times.length}`, atMs }),
          );
        }
        const [after, batch] = release(state, "boot-failed", START_MS + at);
        state = after;
        if (batch !== undefined) messages++;
      }
      // Some for each stretch of quiet in between; never one for each machine.
      expect(messages).toBeLessThanOrEqual(40);
      expect(messages > 0).toBe(offsets.length > 0);
      expect(state.alerts).toEqual([]);
    }),
    { numRuns: 50 },
  );
});

describe("what is told again", () => {
  const hour = 3_600_000;
  test("the same of the same machine once an hour", () => {
    const told = toldOf(alert());
    expect(judgeRepeat(alert(), undefined).type).toBe("tell");
    expect(judgeRepeat(alert({ atMs: START_MS + hour - 1 }), told).type).toBe("drop");
    expect(judgeRepeat(alert({ atMs: START_MS + hour }), told).type).toBe("tell");
  });
  test("an unknown machine once a day", () => {
    const stranger = alert({ kind: "unknown-machine" });
    expect(judgeRepeat({ ...stranger, atMs: START_MS + 2 * hour }, toldOf(stranger)).type).toBe("drop");
    expect(judgeRepeat({ ...stranger, atMs: START_MS + 24 * hour }, toldOf(stranger)).type).toBe("tell");
  });
  test("a trouble that comes back within the hour later, since nobody says it again", () => {
    const trouble = alert({ kind: "server-trouble", lasts: true });
    expect(judgeRepeat(trouble, toldOf(trouble)).type).toBe("drop");
    expect(judgeRepeat({ ...trouble, atMs: START_MS + 60_000 }, { atMs: START_MS, isOpen: false })).toEqual({
      type: "hold",
      dueMs: START_MS + hour,
    });
  });
  test("the end of a trouble that was told, and of no other", () => {
    const end = alert({ kind: "server-trouble", isOver: true });
    expect(judgeRepeat(end, undefined).type).toBe("drop");
    expect(judgeRepeat(end, { atMs: START_MS, isOpen: true }).type).toBe("tell");
    expect(judgeRepeat(end, { atMs: START_MS, isOpen: false }).type).toBe("drop");
  });
});
