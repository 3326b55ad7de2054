import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  NO_TURNS,
  PATIENCE_MS,
  RETRY_MS,
  TURN_MS,
  type TurnEvent,
  type Turns,
  turnStep,
} from "../../../src/boot/kexec/turns.ts";

const GROUP = "validators";

/** A group of machines and a server, on a clock of their own. */
function group(max = 1) {
  let turns: Turns = NO_TURNS;
  let atMs = 0;
  const step = (event: TurnEvent) => {
    const [next, effects] = turnStep(turns, event);
    turns = next;
    return effects;
  };
  return {
    wait: (ms: number) => {
      atMs += ms;
    },
    /** `go`, or why not. */
    ask(mac: string, generation = "new", of: string | undefined = GROUP) {
      const effects = step({ type: "asked", mac, host: `host-${mac}`, group: of, generation, max, atMs });
      const answer = effects.find((effect) => effect.type === "go" || effect.type === "wait");
      return answer?.type === "wait" ? answer.reason.type : answer?.type;
    },
    up: (mac: string, generation = "new", reportedMs = atMs) =>
      step({ type: "up", mac, group: GROUP, generation, reportedMs, atMs }),
    /** What a server knows that was started anew. */
    restart() {
      turns = { ...NO_TURNS, given: turns.given };
    },
  };
}

describe("of a group", () => {
  test("one machine restarts at a time, in the order in which they asked", () => {
    const machines = group();
    expect(["a", "b", "c", "a"].map((mac) => machines.ask(mac))).toEqual(["go", "others", "others", "go"]);
    machines.up("a");
    expect(["c", "b"].map((mac) => machines.ask(mac))).toEqual(["queue", "go"]);
    machines.up("b");
    expect(machines.ask("c")).toBe("go");
  });

  test("a report from before a machine was told to go says nothing of where it went, told again later", () => {
    const machines = group();
    machines.wait(60_000);
    expect(machines.ask("a")).toBe("go");
    machines.up("a", "old", 59_000);
    expect(machines.ask("a")).toBe("go");
    machines.up("a", "new", 59_000);
    expect(machines.ask("b")).toBe("others");
    machines.up("a");
    expect(machines.ask("b")).toBe("go");
  });

  test("as many as may restart at a time", () => {
    const machines = group(2);
    expect(["a", "b", "c"].map((mac) => machines.ask(mac))).toEqual(["go", "go", "others"]);
  });

  test("none restarts by itself where none may", () => {
    expect(group(0).ask("a")).toBe("never");
  });

  test("another group has its own turns, and so have those that are in none", () => {
    const machines = group();
    expect(machines.ask("a")).toBe("go");
    expect(machines.ask("b", "new", "others")).toBe("go");
    expect(machines.ask("c", "new", undefined)).toBe("others");
  });

  test("one that does not wait any more holds nobody up", () => {
    const machines = group();
    machines.ask("a");
    machines.ask("b");
    machines.wait(TURN_MS / 2);
    machines.ask("c");
    machines.up("a");
    machines.wait(PATIENCE_MS - TURN_MS / 2);
    expect(machines.ask("c")).toBe("go");
  });

  test("nobody follows one that did not come back, until the generation has come up somewhere", () => {
    const machines = group();
    machines.ask("a");
    machines.wait(TURN_MS);
    expect(machines.ask("b")).toBe("lost");
    expect(machines.ask("b", "newer still")).toBe("go");
    machines.up("b", "newer still");
    expect(machines.ask("b")).toBe("lost");
    machines.up("c");
    expect(machines.ask("b")).toBe("go");
  });

  test("one that runs on as before has missed its turn: the others go on, and it waits a while", () => {
    const machines = group();
    machines.ask("a");
    machines.wait(TURN_MS);
    expect(["a", "b", "a"].map((mac) => machines.ask(mac))).toEqual(["missed", "go", "missed"]);
    machines.up("b");
    machines.wait(RETRY_MS);
    expect(machines.ask("a")).toBe("go");
  });

  test("one that came up with something else is not sent there again at once", () => {
    const machines = group();
    machines.ask("a");
    machines.up("a", "old");
    expect(["a", "b"].map((mac) => machines.ask(mac))).toEqual(["missed", "go"]);
  });

  test("a restart of the server changes nothing", () => {
    const machines = group();
    machines.ask("a");
    machines.restart();
    expect(["b", "a"].map((mac) => machines.ask(mac))).toEqual(["others", "go"]);
  });
});

const MACS = ["a", "b", "c", "d", "e"];
const action = fc.oneof(
  fc.record({
    type: fc.constant("ask" as const),
    mac: fc.constantFrom(...MACS),
    generation: fc.constantFrom("x", "y"),
  }),
  fc.record({
    type: fc.constant("up" as const),
    mac: fc.constantFrom(...MACS),
    generation: fc.constantFrom("x", "y"),
  }),
  fc.record({ type: fc.constant("wait" as const), ms: fc.integer({ min: 0, max: 2 * TURN_MS }) }),
  fc.record({ type: fc.constant("restart" as const) }),
);

test("whatever happens in whatever order, no more restart at a time than may", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 3 }), fc.array(action, { maxLength: 80 }), (max, actions) => {
      const machines = group(max);
      let now = 0;
      const underWay = new Map<string, number>();
      for (const each of actions) {
        if (each.type === "wait") {
          machines.wait(each.ms);
          now += each.ms;
        } else if (each.type === "restart") machines.restart();
        else if (each.type === "up") {
          machines.up(each.mac, each.generation);
          underWay.delete(each.mac);
        } else if (machines.ask(each.mac, each.generation) === "go" && !underWay.has(each.mac)) {
          underWay.set(each.mac, now);
        }
        for (const [mac, since] of underWay) if (now - since >= TURN_MS) underWay.delete(mac);
        expect(underWay.size).toBeLessThanOrEqual(max);
      }
    }),
  );
});

test("machines that ask again and again all get there, one after the other", () => {
  fc.assert(
    fc.property(fc.shuffledSubarray(MACS, { minLength: 1 }), fc.infiniteStream(fc.nat(4)), (macs, stream) => {
      const machines = group();
      const left = new Set(macs);
      for (let round = 0; round < 3 * macs.length; round++) {
        for (const mac of left) {
          if (machines.ask(mac) !== "go") continue;
          machines.wait((stream.next().value ?? 0) * 60_000);
          machines.up(mac);
          left.delete(mac);
        }
      }
      expect([...left]).toEqual([]);
    }),
  );
});
