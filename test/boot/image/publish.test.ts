import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Generation } from "../../../src/boot/generation.ts";
import {
  isHolding,
  type Look,
  type PublishEffect,
  type PublishEvent,
  type Publishing,
  type PublishRules,
  publishStep,
  UNSEEN,
} from "../../../src/boot/image/publish.ts";

const RULES: PublishRules = { stillMs: 500, graceMs: 1000, restlessMs: 30_000 };

function generation(id: string): Generation {
  return { id, shape: "plain", path: `/${id}`, initrds: [], kernelParams: "", files: new Map() };
}

const inStore = (facts: string): Look => ({ type: "complete", facts, isImmutable: true });
const inFolder = (facts: string): Look => ({ type: "complete", facts, isImmutable: false });
const broken = (reason: string, facts = reason): Look => ({
  type: "broken",
  reason,
  facts,
  isImmutable: false,
});
const ABSENT: Look = { type: "absent" };

/** Feeds looks at given times, answers every `hold` at once, and gives what was published, told or withdrawn. */
function run(looks: readonly (readonly [number, Look])[], rules = RULES) {
  let state: Publishing = UNSEEN;
  const news: string[] = [];
  const feed = (event: PublishEvent, nowMs: number) => {
    const [next, effects] = publishStep(state, event, nowMs, rules);
    state = next;
    for (const effect of effects) {
      if (effect.type === "publish") news.push(`${nowMs} publish ${effect.generation.id}`);
      if (effect.type === "trouble") news.push(`${nowMs} trouble ${effect.reason}`);
      if (effect.type === "withdraw") news.push(`${nowMs} withdraw`);
      if (effect.type === "hold") {
        feed({ type: "held", facts: effect.facts, generation: generation(effect.facts) }, nowMs);
      }
    }
  };
  for (const [nowMs, look] of looks) feed({ type: "looked", look }, nowMs);
  return { news, state };
}

describe("publishStep", () => {
  test("publishes at once what is complete in a store", () => {
    expect(run([[0, inStore("a")]]).news).toEqual(["0 publish a"]);
  });

  test("publishes a folder only when it was the same for a while", () => {
    const { news } = run([
      [0, inFolder("a")],
      [300, inFolder("b")],
      [700, inFolder("b")],
      [800, inFolder("b")],
    ]);
    expect(news).toEqual(["800 publish b"]);
  });

  test("asks to be woken when a folder may have been still for long enough", () => {
    const { state } = run([[100, inFolder("a")]]);
    expect(state.wakeAtMs).toBe(600);
    expect(publishStep(state, { type: "woke" }, 600, RULES)[1]).toEqual([{ type: "look" }]);
  });

  test("keeps the last good one when a broken one comes, and says why once for each reason", () => {
    const { news, state } = run([
      [0, inStore("a")],
      [10, broken("no initrd")],
      [600, broken("no initrd")],
      [700, broken("no initrd")],
      [40_000, broken("no initrd")],
      [40_100, broken("no kernel")],
      [40_700, broken("no kernel")],
    ]);
    expect(news).toEqual(["0 publish a", "600 trouble no initrd", "40700 trouble no kernel"]);
    expect(state.current?.id).toBe("a");
  });

  test("does not complain of a folder that is being copied", () => {
    const { news } = run([
      [0, broken("no initrd", "1")],
      [400, broken("no initrd", "2")],
      [800, inFolder("a")],
      [1300, inFolder("a")],
    ]);
    expect(news).toEqual(["1300 publish a"]);
  });

  test("tells of a folder that never stays the same", () => {
    const looks = Array.from({ length: 80 }, (_, i) => [i * 400, inFolder(`${i}`)] as const);
    expect(run(looks).news).toEqual([expect.stringMatching(/^30000 trouble keeps changing/)]);
  });

  test("publishes again when what was in trouble is mended, though it is the same as before", () => {
    const { news } = run([
      [0, inStore("a")],
      [10, broken("dangling")],
      [600, broken("dangling")],
      [700, inStore("a")],
      [800, inStore("a")],
    ]);
    expect(news).toEqual(["0 publish a", "600 trouble dangling", "700 publish a"]);
  });

  test("takes rm and ln in a row for a swap, and an empty place for a withdrawal, once", () => {
    const swap = run([
      [0, inStore("a")],
      [10, ABSENT],
      [500, inStore("b")],
    ]);
    expect(swap.news).toEqual(["0 publish a", "500 publish b"]);
    const removal = run([
      [0, inStore("a")],
      [10, ABSENT],
      [1010, ABSENT],
      [30_000, ABSENT],
      [60_000, ABSENT],
      [60_100, inStore("a")],
    ]);
    expect(removal.news).toEqual(["0 publish a", "1010 withdraw", "60100 publish a"]);
  });

  test("tells of a place that ought not to be empty", () => {
    const rules = { ...RULES, absence: "nothing there" };
    const { news } = run(
      [
        [0, ABSENT],
        [1000, ABSENT],
        [9000, ABSENT],
        [9100, inStore("a")],
      ],
      rules,
    );
    expect(news).toEqual(["1000 withdraw", "1000 trouble nothing there", "9100 publish a"]);
  });

  test("serves on what lay in a place that builds clear before they fill it, and tells once that it is empty", () => {
    const rules = { ...RULES, absence: "nothing there", outlasts: true };
    const { news } = run(
      [
        [0, ABSENT],
        [1000, ABSENT],
        [2000, inStore("a")],
        [3000, ABSENT],
        [4000, ABSENT],
        [60_000, ABSENT],
        [60_100, inStore("b")],
      ],
      rules,
    );
    expect(news).toEqual([
      ...["1000 withdraw", "1000 trouble nothing there", "2000 publish a"],
      ...["4000 trouble nothing there", "60100 publish b"],
    ]);
  });

  test("looks again when the files moved while they were opened, and tells when they cannot be opened", () => {
    const [holding] = publishStep(UNSEEN, { type: "looked", look: inStore("a") }, 0, RULES);
    const [moved, quiet] = publishStep(holding, { type: "lost", facts: "a" }, 5, RULES);
    expect([moved.wakeAtMs, quiet]).toEqual([505, []]);
    const [, loud] = publishStep(holding, { type: "lost", facts: "a", reason: "too many files" }, 5, RULES);
    expect(loud).toEqual([{ type: "trouble", reason: "too many files" }]);
  });

  test("looks again while somebody writes a file, tells of it when that takes long, and publishes then", () => {
    let state: Publishing = { current: { id: "a", facts: "a" } };
    const news: string[] = [];
    const feed = (event: PublishEvent, nowMs: number) => {
      const [next, effects] = publishStep(state, event, nowMs, RULES);
      state = next;
      news.push(...effects.flatMap(({ type }) => (type === "hold" ? [] : [`${nowMs} ${type}`])));
    };
    for (let nowMs = 0; nowMs <= 40_000; nowMs = state.wakeAtMs ?? Number.POSITIVE_INFINITY) {
      feed({ type: "looked", look: inFolder("b") }, nowMs);
      if (isHolding(state, "b")) feed({ type: "written", facts: "b", file: "/b/initrd" }, nowMs);
    }
    expect(state.current?.id).toBe("a");
    expect(state.trouble).toContain("/b/initrd is still open for writing");
    feed({ type: "looked", look: inFolder("b") }, 50_000);
    feed({ type: "held", facts: "b", generation: generation("b") }, 50_010);
    expect(news).toEqual(["30500 trouble", "50010 publish"]);
    expect(state).toEqual({ current: { id: "b", facts: "b" } });
  });

  test("ignores what was opened for a look that is out of date", () => {
    const [holding] = publishStep(UNSEEN, { type: "looked", look: inStore("a") }, 0, RULES);
    const [newer] = publishStep(holding, { type: "looked", look: inStore("b") }, 1, RULES);
    expect([isHolding(newer, "a"), isHolding(newer, "b")]).toEqual([false, true]);
    const [after, effects] = publishStep(
      newer,
      { type: "held", facts: "a", generation: generation("a") },
      2,
      RULES,
    );
    expect([after, effects]).toEqual([newer, []]);
  });
});

/** What may lie at a place: nothing, or something of a version that is whole or not, in a store or not. */
interface Lie {
  readonly version: number;
  readonly state: "absent" | "partial" | "whole";
  readonly isStore: boolean;
}

function lookAt({ version, state, isStore }: Lie): Look {
  const facts = `${isStore ? "s" : "f"}${version}`;
  if (state === "absent") return ABSENT;
  return state === "whole"
    ? { type: "complete", facts, isImmutable: isStore }
    : { type: "broken", reason: `${facts} lacks its initrd`, facts, isImmutable: isStore };
}

type Action =
  | { readonly type: "become"; readonly lie: Lie }
  | { readonly type: "look" }
  | { readonly type: "answer"; readonly index: number }
  | { readonly type: "wait"; readonly ms: number };

const lie = fc.record({
  version: fc.nat(3),
  state: fc.constantFrom("absent", "partial", "whole" as const),
  isStore: fc.boolean(),
}) as fc.Arbitrary<Lie>;
const action = fc.oneof(
  lie.map((each) => ({ type: "become", lie: each }) as const),
  fc.constant({ type: "look" } as const),
  fc.nat(3).map((index) => ({ type: "answer", index }) as const),
  fc.integer({ min: 1, max: 1500 }).map((ms) => ({ type: "wait", ms }) as const),
) as fc.Arbitrary<Action>;

describe("publishStep, in any interleaving of changes, looks, late answers and time", () => {
  /** Plays a history; `onPublish` sees what is published, and what the world was since when. */
  function play(actions: readonly Action[]) {
    let state: Publishing = UNSEEN;
    let nowMs = 0;
    let world: Lie = { version: 0, state: "absent", isStore: true };
    const wholes = new Set<string>();
    const asked: string[] = [];
    const served: (string | undefined)[] = [];
    let current: string | undefined;
    const carry = (effects: readonly PublishEffect[]) => {
      for (const effect of effects) {
        if (effect.type === "look") look();
        if (effect.type === "hold") asked.push(effect.facts);
        if (effect.type === "publish") current = effect.generation.id;
        if (effect.type === "withdraw") current = undefined;
      }
      served.push(current);
    };
    const feed = (event: PublishEvent) => {
      const [next, effects] = publishStep(state, event, nowMs, RULES);
      state = next;
      carry(effects);
    };
    const look = () => feed({ type: "looked", look: lookAt(world) });
    const answer = (facts: string) => {
      // What is opened is only given an id while it is still what was looked at.
      const isSame =
        lookAt(world).type === "complete" && (lookAt(world) as { facts: string }).facts === facts;
      if (isSame || facts.startsWith("s")) wholes.add(facts);
      feed(
        isSame || facts.startsWith("s")
          ? { type: "held", facts, generation: generation(facts) }
          : { type: "lost", facts },
      );
    };
    const wait = (ms: number) => {
      const untilMs = nowMs + ms;
      while (state.wakeAtMs !== undefined && state.wakeAtMs <= untilMs) {
        nowMs = Math.max(nowMs, state.wakeAtMs);
        feed({ type: "woke" });
      }
      nowMs = untilMs;
    };
    for (const each of actions) {
      if (each.type === "become") world = each.lie;
      if (each.type === "look") look();
      if (each.type === "wait") wait(each.ms);
      const facts =
        each.type === "answer" ? asked.splice(each.index % Math.max(1, asked.length), 1)[0] : undefined;
      if (facts !== undefined) answer(facts);
    }
    const settle = () => {
      for (let i = 0; i < 6; i++) {
        look();
        for (const facts of asked.splice(0)) answer(facts);
        wait(2000);
      }
    };
    return { served, wholes, settle, world: () => world, current: () => current, state: () => state };
  }

  test("nothing is ever served that was not whole when it was opened", () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
        const { served, wholes } = play(actions);
        for (const id of served) if (id !== undefined) expect(wholes).toContain(id);
      }),
      { numRuns: 1000 },
    );
  });

  test("once served, something is served until the place is empty", () => {
    const never = action.filter((each) => each.type !== "become" || each.lie.state !== "absent");
    fc.assert(
      fc.property(fc.array(never, { maxLength: 40 }), (actions) => {
        const start: Action[] = [
          { type: "become", lie: { version: 9, state: "whole", isStore: true } },
          { type: "look" },
          { type: "answer", index: 0 },
        ];
        const { served } = play([...start, ...actions]);
        expect(served.slice(2)).not.toContain(undefined);
      }),
      { numRuns: 1000 },
    );
  });

  test("when all is quiet what is served is what lies there, or the last good one and the trouble", () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
        const { settle, world, current, state } = play(actions);
        const before = current();
        settle();
        const look = lookAt(world());
        if (look.type === "complete") {
          expect([current(), state().trouble]).toEqual([look.facts, undefined]);
        } else if (look.type === "broken") {
          expect([current(), state().trouble]).toEqual([before, look.reason]);
        } else expect(current()).toBeUndefined();
      }),
      { numRuns: 1000 },
    );
  });
});
