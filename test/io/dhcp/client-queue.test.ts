import { expect, test } from "vitest";
import { createClientQueue } from "../../../src/io/dhcp/client-queue.ts";

/** A task that is at work until it is told to end, and says when it begins and ends. */
function tasks() {
  const log: string[] = [];
  const ends = new Map<string, () => void>();
  const task = (name: string) => async () => {
    log.push(`${name} begins`);
    await new Promise<void>((resolve) => ends.set(name, resolve));
    log.push(`${name} ends`);
  };
  const settle = async (name: string) => {
    ends.get(name)?.();
    // What waits for it is told within a few turns.
    for (let turn = 0; turn < 10; turn++) await null;
  };
  return { log, task, settle };
}

test("what one client sends is dealt with in order, and nobody else waits for it", async () => {
  const queue = createClientQueue();
  const { log, task, settle } = tasks();
  queue.run("a", task("a1"));
  queue.run("a", task("a2"));
  queue.run("b", task("b1"));
  queue.run("a", () => void log.push("a3"));
  queue.run("c", () => void log.push("c1"));
  expect(log).toEqual(["a1 begins", "b1 begins", "c1"]);
  await settle("b1");
  await settle("a1");
  expect(log.slice(3)).toEqual(["b1 ends", "a1 ends", "a2 begins"]);
  await settle("a2");
  expect(log.slice(6)).toEqual(["a2 ends", "a3"]);
  queue.run("a", () => void log.push("a4"));
  expect(log.at(-1)).toBe("a4");
});

test("what needs no wait is done before run returns", () => {
  const queue = createClientQueue();
  const log: number[] = [];
  for (const nth of [1, 2, 3]) queue.run("a", () => void log.push(nth));
  expect(log).toEqual([1, 2, 3]);
});

test("a client that floods while its address is probed is not waited for without end", async () => {
  const queue = createClientQueue();
  const { task, settle } = tasks();
  queue.run("a", task("first"));
  const taken = Array.from({ length: 100 }, () => queue.run("a", () => {}));
  expect(taken.filter(Boolean)).toHaveLength(8);
  expect(queue.run("b", () => {})).toBe(true);
  await settle("first");
  expect(queue.run("a", () => {})).toBe(true);
});

test("no more clients are at work than there is memory for", () => {
  const queue = createClientQueue();
  const never = () => new Promise<void>(() => {});
  const taken = Array.from({ length: 5_000 }, (_, i) => queue.run(String(i), never));
  expect(taken.filter(Boolean)).toHaveLength(4_096);
});

test("it is idle when the last task has ended, those that waited included", async () => {
  const queue = createClientQueue();
  const { log, task, settle } = tasks();
  await queue.idle();
  queue.run("a", task("a1"));
  queue.run("a", task("a2"));
  queue.run("b", task("b1"));
  const idle = queue.idle().then(() => log.push("idle"));
  await settle("a1");
  await settle("b1");
  expect(log).not.toContain("idle");
  await settle("a2");
  await idle;
  expect(log.at(-1)).toBe("idle");
});
