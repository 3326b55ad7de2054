import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { BuildReason } from "../../../src/boot/build/build.ts";
import {
  type BuildQueue,
  emptyQueue,
  type Queued,
  type QueueEffect,
  type QueueEvent,
  queueStep,
} from "../../../src/boot/build/queue.ts";

const order = (id: string, host: string, reason: BuildReason = "asked"): Queued => ({ id, host, reason });
const want = (id: string, host: string, reason?: BuildReason): QueueEvent => ({
  type: "wanted",
  build: order(id, host, reason),
});

function play(queue: BuildQueue, ...events: QueueEvent[]): [BuildQueue, QueueEffect[]] {
  const effects: QueueEffect[] = [];
  const last = events.reduce((state, event) => {
    const [next, more] = queueStep(state, event);
    effects.push(...more);
    return next;
  }, queue);
  return [last, effects];
}

const started = (effects: readonly QueueEffect[]) =>
  effects.flatMap((effect) => (effect.type === "start" ? [effect.build.id] : []));

describe("a queue of builds", () => {
  test("starts what may run, and the next one when one has ended", () => {
    const [queue, effects] = play(emptyQueue(1), want("1", "beta"), want("2", "gamma"));
    expect(started(effects)).toEqual(["1"]);
    expect(started(play(queue, { type: "ended", id: "1" })[1])).toEqual(["2"]);
  });

  test("takes a host once more while it is built, since its source may have changed, but never twice at once", () => {
    const [queue, effects] = play(
      emptyQueue(4),
      want("1", "beta"),
      want("2", "beta", "hook"),
      want("3", "beta"),
    );
    expect(started(effects)).toEqual(["1"]);
    expect(queue.waiting.map(({ id }) => id)).toEqual(["2"]);
    expect(started(play(queue, { type: "ended", id: "1" })[1])).toEqual(["2"]);
  });

  test("leaves the clock content with the build that runs", () => {
    const [queue] = play(emptyQueue(1), want("1", "beta"), want("2", "beta", "schedule"));
    expect(queue.waiting).toEqual([]);
  });

  test("calls off what waits and stops what runs, and tells it once", () => {
    const [queue] = play(emptyQueue(1), want("1", "beta"), want("2", "beta"));
    const cancel = { type: "cancelled", host: "beta" } as const;
    const [, effects] = play(queue, cancel, cancel, { type: "timed-out", id: "1" });
    expect(effects).toEqual([
      { type: "drop", build: order("2", "beta"), reason: "cancelled" },
      { type: "stop", id: "1", reason: "cancelled" },
    ]);
  });

  test("starts nothing any more when it closes", () => {
    const [queue, effects] = play(emptyQueue(1), want("1", "beta"), want("2", "gamma"), { type: "closing" });
    expect(effects.slice(-2)).toEqual([
      { type: "drop", build: order("2", "gamma"), reason: "interrupted" },
      { type: "stop", id: "1", reason: "interrupted" },
    ]);
    expect(play(queue, { type: "ended", id: "1" }, want("3", "beta"))[1]).toEqual([]);
  });

  test("in any order of events runs no host twice, no more than may run, and ends every build once", () => {
    const host = fc.constantFrom("a", "b", "c");
    const reason = fc.constantFrom<BuildReason>("asked", "schedule", "hook");
    const action = fc.oneof(
      fc.record({ type: fc.constant("wanted" as const), host, reason }),
      fc.record({ type: fc.constant("cancelled" as const), host }),
      fc.record({ type: fc.constant("ended" as const), which: fc.nat(3) }),
      fc.record({ type: fc.constant("timed-out" as const), which: fc.nat(3) }),
      fc.record({ type: fc.constant("configured" as const), parallel: fc.integer({ min: 1, max: 3 }) }),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        let queue = emptyQueue(2);
        const begun = new Set<string>();
        const queued = new Set<string>();
        const gone = new Set<string>();
        actions.forEach((each, i) => {
          const running = "which" in each ? queue.running[each.which]?.id : undefined;
          const event: QueueEvent | undefined =
            each.type === "wanted"
              ? want(`${i}`, each.host, each.reason)
              : each.type === "ended" || each.type === "timed-out"
                ? running === undefined
                  ? undefined
                  : { type: each.type, id: running }
                : each;
          if (event === undefined) return;
          const [next, effects] = queueStep(queue, event);
          for (const effect of effects) {
            if (effect.type === "queue") queued.add(effect.build.id);
            if (effect.type === "start") {
              expect(begun.has(effect.build.id)).toBe(false);
              begun.add(effect.build.id);
            }
            if (effect.type === "drop") gone.add(effect.build.id);
          }
          if (event.type === "ended") gone.add(event.id);
          if (event.type !== "configured") {
            const before = queue.running.length;
            expect(next.running.length).toBeLessThanOrEqual(Math.max(before, next.parallel));
          }
          const hosts = next.running.map((build) => build.host);
          expect(new Set(hosts).size).toBe(hosts.length);
          const open = new Set([...next.running, ...next.waiting].map(({ id }) => id));
          expect(open).toEqual(new Set([...queued].filter((id) => !gone.has(id))));
          queue = next;
        });
      }),
    );
  });
});
