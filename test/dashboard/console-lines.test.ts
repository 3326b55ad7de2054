import { expect, test } from "vitest";
import { joinedLines, maySayMore, withSaid } from "../../dashboard/src/state/console-lines.ts";
import type { PublicEvent } from "../../src/web/schema/events.ts";
import type { ConsoleLineView } from "../../src/web/schema/sessions.ts";
import { AT, later, session } from "../support/dashboard-events.ts";

const BOOT = "0mwr00001-aaaaaa";
const line = (number: number, text = `line ${number}`): ConsoleLineView => ({ number, at: AT, text });
const said = (number: number | undefined, boot: string | undefined = BOOT): PublicEvent => ({
  ...{ type: "console", at: AT, level: "info", text: `beta says: line ${number}`, address: "10.0.0.7" },
  ...{ said: `line ${number}` },
  ...(number === undefined ? {} : { boot, number }),
});
const numbers = (lines: readonly ConsoleLineView[]) => lines.map(({ number }) => number);

test("lines that were heard go on behind those that were asked for, each once, whatever came first", () => {
  const heard = withSaid([], [said(3), said(4), said(5)], BOOT);
  expect(numbers(joinedLines([line(1), line(2), line(3)], heard))).toEqual([1, 2, 3, 4, 5]);
  // Asked for again, what was missed between is there.
  const more = withSaid(heard, [said(9)], BOOT);
  expect(
    numbers(
      joinedLines(
        [4, 5, 6, 7, 8].map((number) => line(number)),
        more,
      ),
    ),
  ).toEqual([3, 4, 5, 6, 7, 8, 9]);
  expect(joinedLines([], heard)).toMatchObject([{ text: "line 3" }, { text: "line 4" }, { text: "line 5" }]);
});

test("what another boot says, or nobody knows which, is none of it, and nothing is drawn for it", () => {
  const before = [line(1)];
  const hello: PublicEvent = { type: "hello", at: AT, aliveEverySeconds: 10 };
  expect(withSaid(before, [hello, said(2, "0mwr00002-bbbbbb"), said(undefined)], BOOT)).toBe(before);
  expect(joinedLines(before, [])).toBe(before);
});

test("of a machine that talks without end the last lines stay", () => {
  let lines: readonly ConsoleLineView[] = [];
  for (let number = 1; number <= 3000; number += 500)
    lines = withSaid(
      lines,
      Array.from({ length: 500 }, (_, index) => said(number + index)),
      BOOT,
    );
  expect([lines.length, lines.at(0)?.number, lines.at(-1)?.number]).toEqual([1000, 2001, 3000]);
});

test("a boot under way may say more, and one that is over for as long as it is followed", () => {
  const medians = { boots: 0, stages: [] };
  const boot = { ...session({ id: BOOT }), medians, diagnoses: [], console: [] };
  const hourLater = Date.parse(later(3_600_000));
  expect(maySayMore(boot, hourLater)).toBe(true);
  expect(maySayMore({ ...boot, outcome: "handed-over" }, hourLater)).toBe(false);
  expect(maySayMore({ ...boot, outcome: "handed-over" }, Date.parse(later(60_000)))).toBe(true);
});
