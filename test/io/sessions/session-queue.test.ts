import { expect, test } from "vitest";
import type { Session } from "../../../src/boot/session/session.ts";
import { createSessionQueue } from "../../../src/io/sessions/session-queue.ts";

function session(number: number, outcome: Session["outcome"] = "failed"): Session {
  const times = { startMs: number, lastMs: number };
  return {
    ...{ id: `${number}`, mac: "52:54:00:00:00:01", via: "netboot", ...times },
    scripts: 0,
    steps: [],
    outcome,
  };
}

function make(maxWaiting?: number) {
  const worked: string[] = [];
  const errors: unknown[] = [];
  const queue = createSessionQueue({
    async work({ id, outcome }) {
      if (outcome === "turned-away") throw new Error(id);
      worked.push(`${id} ${outcome}`);
    },
    onError: (error) => errors.push(error),
    ...(maxWaiting === undefined ? {} : { maxWaiting }),
  });
  return { queue, worked, errors };
}

test("each has its turn once, as it was put last, and what fails keeps none from it", async () => {
  const { queue, worked, errors } = make();
  for (const number of [1, 2, 1]) queue.put(session(number, number === 1 ? "failed" : "turned-away"));
  queue.put(session(1, "checked-in"));
  await queue.settled();
  queue.put(session(3));
  await queue.settled();
  expect(worked).toEqual(["1 checked-in", "3 failed"]);
  expect(errors).toEqual([new Error("2")]);
});

test("past the bound the one that has waited longest is let go", async () => {
  const { queue, worked } = make(2);
  for (const number of [1, 2, 3, 4]) queue.put(session(number));
  await queue.settled();
  expect(worked).toEqual(["3 failed", "4 failed"]);
});
