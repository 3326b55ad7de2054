/** The stream of events: who hears of them, and what one of them can do to the others. */

import { expect, test } from "vitest";
import type { BootEvent } from "../../src/boot/event.ts";
import { createWorld } from "../../src/io/world.ts";
import { logEvents } from "../support/event-log.ts";

const NOTICE: BootEvent = { type: "notice", level: "info", text: "x" };

test("one who cannot bear an event keeps it from nobody, and is told as a mistake of ours", () => {
  const world = createWorld();
  const before = logEvents(world);
  world.subscribe(({ type }) => {
    if (type === "notice") throw new RangeError("Invalid time value");
  });
  const after = logEvents(world);
  world.record(NOTICE);
  const bug = { type: "bug", via: "who heard of 'notice'", error: new RangeError("Invalid time value") };
  expect(before.all).toEqual([NOTICE, bug]);
  expect(after.all).toEqual([NOTICE, bug]);
});

test("one who cannot bear to hear of mistakes either is not told of its own for ever", () => {
  const world = createWorld();
  world.subscribe(() => {
    throw new Error("no");
  });
  const log = logEvents(world);
  world.record(NOTICE);
  expect(log.all.map(({ type }) => type)).toEqual(["notice", "bug"]);
});
