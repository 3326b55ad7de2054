import { expect, test } from "vitest";
import { createEventRing } from "../../../src/web/events/event-ring.ts";

const ringOf = (count: number, maxChars = 1000) => {
  const ring = createEventRing<number>("e1", maxChars);
  for (let event = 1; event <= count; event++) ring.push(event, (id) => `${id};`);
  return ring;
};
const numbers = (entries: readonly { number: number }[] | undefined) => entries?.map(({ number }) => number);

test("who comes back gets what came after the event that it had last", () => {
  const ring = ringOf(5);
  expect(ring.lastId()).toBe("e1-5");
  expect(ring.after("e1-3")).toBe(4);
  expect(numbers(ring.from(4))).toEqual([4, 5]);
  expect(ring.from(4)?.map(({ text }) => text)).toEqual(["e1-4;", "e1-5;"]);
});

test("who had everything gets nothing, and nothing is missing", () => {
  const ring = ringOf(5);
  expect(numbers(ring.from(ring.after("e1-5") ?? -1))).toEqual([]);
  expect(numbers(createEventRing<number>("e1", 10).from(1))).toEqual([]);
});

test.each([
  ["of an earlier run", "e0-3"],
  ["that was never given", "e1-6"],
  ["that is none", "3"],
  ["that is empty", ""],
  ["that is no number", "e1-x"],
])("an id %s leads nowhere", (_what, id) => {
  expect(ringOf(5).after(id)).toBeUndefined();
});

test("the oldest go when there is no room, and that they are gone is known", () => {
  const ring = ringOf(1000, 60);
  expect(ring.from(ring.after("e1-2") ?? -1)).toBeUndefined();
  const kept = ring.from(ring.after("e1-995") ?? -1);
  expect(numbers(kept)).toEqual([996, 997, 998, 999, 1000]);
  let first = 1000;
  while (ring.from(first - 1) !== undefined) first--;
  expect((ring.from(first) ?? []).reduce((sum, { text }) => sum + text.length, 0)).toBeLessThanOrEqual(60);
});

test("numbers that were skipped are gone, and those after them are found", () => {
  const ring = ringOf(5);
  ring.skip(10);
  expect(ring.from(6)).toBeUndefined();
  ring.push(16, (id) => id);
  expect(numbers(ring.from(16))).toEqual([16]);
});
