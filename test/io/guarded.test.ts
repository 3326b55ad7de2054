import { expect, test } from "vitest";
import type { BootEvent } from "../../src/boot/event.ts";
import { guarded } from "../../src/io/guarded.ts";

function rig(act: () => void | Promise<void>) {
  const events: BootEvent[] = [];
  return { run: guarded({ record: (event) => void events.push(event) }, "a timer", act), events };
}

test("a mistake is told once, and again only when all went well in between", () => {
  let isBroken = true;
  let calls = 0;
  const { run, events } = rig(() => {
    calls++;
    if (isBroken) throw new RangeError("Invalid time value");
  });
  for (let i = 0; i < 5; i++) run();
  expect(events).toMatchObject([{ type: "bug", via: "a timer", error: { message: "Invalid time value" } }]);
  isBroken = false;
  run();
  isBroken = true;
  run();
  expect([calls, events.length]).toEqual([7, 2]);
});

test("what is rejected is told too, and is no unhandled rejection", async () => {
  const { run, events } = rig(async () => {
    throw new Error("later");
  });
  run();
  await new Promise(setImmediate);
  run();
  await new Promise(setImmediate);
  expect(events).toMatchObject([{ type: "bug", via: "a timer", error: { message: "later" } }]);
});
