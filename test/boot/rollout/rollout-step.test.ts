import { describe, expect, test } from "vitest";
import { membersOf } from "../../../src/boot/rollout/members.ts";
import { createFleet, type Fleet, MINUTE } from "../../support/rollouts.ts";
import { BETA } from "../../support/worlds.ts";

const A = "52:54:00:00:00:0a";
const B = "52:54:00:00:00:0b";
const C = "52:54:00:00:00:0c";

/** A host whose first generation has come up. */
function settled(policy: Parameters<typeof createFleet>[1] = {}): Fleet {
  const fleet = createFleet([{ name: "beta", machines: 3 }], policy);
  fleet.publish("beta", "one");
  boots(fleet, A, "one");
  return fleet;
}

/** It is given this generation, and says that it is up. */
function boots(fleet: Fleet, mac: string, id: string, host = "beta"): void {
  expect(fleet.ask(host, mac)).toBe(id);
  fleet.fetches(mac, id);
  fleet.checksIn(host, mac, id);
}

/** It is given this generation, and is back in its firmware soon. */
function fails(fleet: Fleet, mac: string, id: string, host = "beta"): void {
  expect(fleet.ask(host, mac)).toBe(id);
  fleet.fetches(mac, id);
  fleet.later(20_000);
  fleet.feed({ type: "back", mac });
}

const told = (fleet: Fleet, change: string) => fleet.news.filter((each) => each.change === change);

describe("a canary that goes away while it fetches", () => {
  const DAY = 24 * 60 * MINUTE;

  function away(): Fleet {
    const fleet = settled({ strategy: "canary" });
    fleet.publish("beta", "two");
    expect(fleet.ask("beta", A)).toBe("two");
    fleet.feed({ type: "fetching", mac: A, generation: "two" });
    fleet.later(11 * MINUTE);
    return fleet;
  }

  test("holds its place for a day, and then another machine may take it; that is told once", () => {
    const fleet = away();
    fleet.later(DAY - 11 * MINUTE - 1);
    expect(fleet.ask("beta", B)).toBe("one");
    expect(told(fleet, "place-freed")).toEqual([]);
    fleet.later(1);
    fleet.later(DAY);
    expect(told(fleet, "place-freed")).toEqual([
      { change: "place-freed", scope: "host:beta", hosts: ["beta"], generation: "two", mac: A },
    ]);
    boots(fleet, B, "two");
    expect(fleet.ask("beta", A)).toBe("two");
  });

  test("keeps its place where it has begun to boot, since that speaks against what it booted", () => {
    const fleet = settled({ strategy: "canary" });
    fleet.publish("beta", "two");
    fails(fleet, A, "two");
    fleet.later(3 * DAY);
    expect(fleet.ask("beta", B)).toBe("one");
    fleet.publish("beta", "three");
    fleet.later(1);
    expect(fleet.ask("beta", B)).toBe("three");
  });

  test("has no place any more once its host does not name it", () => {
    const fleet = away();
    const members = new Map(
      [...fleet.rollouts.members].map(([name, member]) => [name, { ...member, macs: [B, C] }]),
    );
    fleet.feed({ type: "configured", members });
    expect(fleet.ask("beta", B)).toBe("two");
    expect(fleet.ask("beta", C)).toBe("one");
    fleet.publish("beta", "three");
    expect(fleet.ask("beta", A)).toBe("one");
  });

  test("only a host that is known by MAC addresses alone has no other machines", () => {
    const macs = [A, B];
    const members = membersOf(
      new Map([
        ["beta", { ...BETA, name: "beta", macs }],
        ["gamma", { ...BETA, name: "gamma", macs, serials: ["ABC123"] }],
        ["other", { ...BETA, name: "other", macs }],
      ]),
      "other",
    );
    expect([...members.values()].map((member) => member.macs)).toEqual([macs, undefined, undefined]);
  });
});

describe("with the strategy 'all'", () => {
  test("the next boot gets the new one, and everybody does", () => {
    const fleet = settled();
    fleet.publish("beta", "two");
    expect(fleet.choose("beta", B).generation?.id).toBe("two");
    expect(fleet.choose("beta").generation?.id).toBe("two");
  });

  test("a machine that begins again and again gets the last good one, and the operator is told once", () => {
    const fleet = settled({ tries: 2 });
    fleet.publish("beta", "two");
    fails(fleet, A, "two");
    fails(fleet, A, "two");
    boots(fleet, A, "one");
    boots(fleet, B, "one");
    expect(told(fleet, "marked-bad")).toEqual([
      {
        change: "marked-bad",
        scope: "host:beta",
        hosts: ["beta"],
        generation: "two",
        mac: A,
        reason: "boot-loop",
        instead: "one",
      },
    ]);
  });

  test("a machine that has to say that it is up and does not within the limit speaks against it at once", () => {
    const fleet = settled();
    fleet.publish("beta", "two");
    expect(fleet.ask("beta", A)).toBe("two");
    fleet.fetches(A, "two");
    fleet.later(10 * MINUTE - 1);
    expect(fleet.choose("beta", A).generation?.id).toBe("two");
    fleet.later(1);
    expect(fleet.choose("beta", A).generation?.id).toBe("one");
    expect(told(fleet, "marked-bad")).toMatchObject([{ reason: "no-check-in", instead: "one" }]);
  });

  test("where nobody ever checks in, a machine that has it and is not back within the limit is up", () => {
    const fleet = createFleet([{ name: "beta" }]);
    fleet.publish("beta", "one");
    expect(fleet.ask("beta", A)).toBe("one");
    fleet.fetches(A, "one");
    fleet.later(10 * MINUTE);
    expect(told(fleet, "settled")).toMatchObject([{ generation: "one", mac: A }]);
  });

  test("a download that is cut off says nothing about the generation", () => {
    const fleet = settled({ tries: 1 });
    fleet.publish("beta", "two");
    expect(fleet.ask("beta", A)).toBe("two");
    fleet.feed({ type: "fetching", mac: A, generation: "two" });
    fleet.later(20_000);
    fleet.feed({ type: "back", mac: A });
    fleet.later(60 * MINUTE);
    expect(fleet.choose("beta", A).generation?.id).toBe("two");
  });

  test("several requests of one boot are one boot", () => {
    const fleet = settled({ tries: 1 });
    fleet.publish("beta", "two");
    for (let i = 0; i < 5; i++) {
      expect(fleet.ask("beta", A)).toBe("two");
      fleet.feed({ type: "back", mac: A });
    }
    expect(told(fleet, "marked-bad")).toEqual([]);
  });

  test("new faults speak against it, those that the good one has too do not", () => {
    const fleet = settled();
    fleet.checksIn("beta", A, "one", ["old.service"]);
    fleet.publish("beta", "two");
    expect(fleet.ask("beta", A)).toBe("two");
    fleet.checksIn("beta", A, "two", ["old.service", "/secret"]);
    expect(told(fleet, "marked-bad")).toMatchObject([{ reason: "unwell", faults: ["/secret"] }]);
    fleet.publish("beta", "three");
    expect(fleet.ask("beta", A)).toBe("three");
    fleet.checksIn("beta", A, "three", ["old.service"]);
    expect(told(fleet, "settled")).toMatchObject([{ generation: "one" }, { generation: "three" }]);
  });
});

describe("where there never was a good one", () => {
  test("a machine gets the bad one all the same, and may yet come up with it", () => {
    const fleet = createFleet([{ name: "beta" }], { tries: 1 });
    fleet.publish("beta", "one");
    fails(fleet, A, "one");
    fails(fleet, A, "one");
    fails(fleet, A, "one");
    expect(told(fleet, "marked-bad")).toHaveLength(1);
    boots(fleet, A, "one");
    expect(told(fleet, "settled")).toHaveLength(1);
    expect(fleet.choose("beta", A).because).toEqual({ type: "newest" });
  });

  test("the next one is for everybody, whatever the strategy", () => {
    const fleet = createFleet([{ name: "beta" }], { tries: 1, strategy: "manual" });
    fleet.publish("beta", "one");
    fails(fleet, A, "one");
    fleet.publish("beta", "two");
    expect(fleet.ask("beta", A)).toBe("two");
  });
});

describe("with canaries", () => {
  const group = () => {
    const fleet = createFleet(
      ["alpha", "beta", "gamma"].map((name) => ({ name, group: "nodes" })),
      { strategy: "canary", canaries: 1, tries: 1 },
    );
    for (const [host, mac] of [
      ["alpha", A],
      ["beta", B],
      ["gamma", C],
    ] as const) {
      fleet.publish(host, "one");
      boots(fleet, mac, "one", host);
    }
    return fleet;
  };
  const publishAll = (fleet: Fleet, id: string) => {
    for (const host of ["alpha", "beta", "gamma"]) fleet.publish(host, id);
  };

  test("one machine of the group boots the bad one, and the others never do", () => {
    const fleet = group();
    publishAll(fleet, "two");
    expect(fleet.ask("beta", B)).toBe("two");
    expect(fleet.ask("alpha", A)).toBe("one");
    expect(fleet.ask("gamma", C)).toBe("one");
    fleet.fetches(B, "two");
    fleet.later(20_000);
    fleet.feed({ type: "back", mac: B });
    expect(fleet.ask("beta", B)).toBe("one");
    expect(fleet.ask("alpha", A)).toBe("one");
    expect(told(fleet, "marked-bad")).toMatchObject([{ hosts: ["alpha", "beta", "gamma"], instead: "one" }]);
    publishAll(fleet, "three");
    boots(fleet, C, "three", "gamma");
    expect(fleet.ask("alpha", A)).toBe("three");
    expect(fleet.ask("beta", B)).toBe("three");
  });

  test("rollback of the group ends the wave for all of it, of one host for that host", () => {
    for (const all of [true, false]) {
      const fleet = createFleet(
        ["alpha", "beta"].map((name) => ({ name, group: "nodes" })),
        { strategy: "canary" },
      );
      for (const [host, mac] of [["alpha", A] as const, ["beta", B] as const]) {
        fleet.publish(host, `${host}-one`);
        boots(fleet, mac, `${host}-one`, host);
      }
      for (const host of ["alpha", "beta"]) fleet.publish(host, `${host}-two`);
      expect(fleet.ask("alpha", A)).toBe("alpha-two");
      fleet.feed({ type: "rollback", hosts: all ? ["alpha", "beta"] : ["alpha"] });
      expect(fleet.ask("alpha", A)).toBe("alpha-one");
      expect(fleet.ask("beta", B)).toBe(all ? "beta-one" : "beta-two");
    }
  });

  test("the canary keeps its place across retries", () => {
    const fleet = createFleet([{ name: "beta", machines: 3 }], { strategy: "canary", canaries: 1, tries: 3 });
    fleet.publish("beta", "one");
    boots(fleet, A, "one");
    fleet.publish("beta", "two");
    fails(fleet, B, "two");
    expect(fleet.ask("beta", A)).toBe("one");
    fails(fleet, B, "two");
    expect(fleet.ask("beta", C)).toBe("one");
    boots(fleet, B, "two");
    expect(fleet.ask("beta", C)).toBe("two");
  });

  test("hosts with images of their own are one wave: a bad one stops the others", () => {
    const fleet = group();
    for (const host of ["alpha", "beta", "gamma"]) fleet.publish(host, `${host}-2`);
    fails(fleet, A, "alpha-2", "alpha");
    expect(fleet.ask("beta", B)).toBe("one");
    expect(fleet.ask("gamma", C)).toBe("one");
    expect(told(fleet, "marked-bad")).toMatchObject([{ hosts: ["alpha"], stopped: ["beta", "gamma"] }]);
    expect(fleet.choose("beta", B).because).toMatchObject({ type: "bad", bad: { reason: "stopped" } });
  });

  test("after a wave has passed, a generation that only one host has may still be bad for that one", () => {
    const fleet = group();
    for (const host of ["alpha", "beta", "gamma"]) fleet.publish(host, `${host}-2`);
    boots(fleet, A, "alpha-2", "alpha");
    fails(fleet, B, "beta-2", "beta");
    boots(fleet, B, "one", "beta");
    boots(fleet, C, "gamma-2", "gamma");
  });

  test("a machine that nothing is known of gets what is proven", () => {
    const fleet = group();
    publishAll(fleet, "two");
    expect(fleet.choose("alpha").generation?.id).toBe("one");
    expect(fleet.choose("alpha").because).toEqual({ type: "waiting", candidate: "two", reason: "canary" });
  });

  test("where places cannot be kept nobody takes one, until the clock has gone on", () => {
    const fleet = group();
    publishAll(fleet, "two");
    fleet.feed({ type: "taken", host: "alpha", mac: A });
    fleet.feed({ type: "untaken", mac: A });
    expect(fleet.ask("alpha", A)).toBe("one");
    fleet.later(5_000);
    expect(fleet.ask("alpha", A)).toBe("two");
  });

  test("with more canaries than machines the rollout ends when all of them are up", () => {
    const fleet = createFleet([{ name: "beta", machines: 2 }], { strategy: "canary", canaries: 5 });
    fleet.publish("beta", "one");
    boots(fleet, A, "one");
    fleet.publish("beta", "two");
    boots(fleet, A, "two");
    expect(fleet.choose("beta").generation?.id).toBe("one");
    boots(fleet, B, "two");
    expect(fleet.choose("beta").generation?.id).toBe("two");
  });
});

describe("with a window", () => {
  const night = [{ days: [0, 1, 2, 3, 4, 5, 6], fromMinute: 1380, untilMinute: 300 }];

  test("machines take the new one at those hours only, and keep it outside of them", () => {
    const fleet = settled({ strategy: "window", window: night });
    fleet.publish("beta", "two");
    expect(fleet.ask("beta", A)).toBe("one");
    fleet.feed({ type: "ticked", local: { day: 2, minute: 1400 } });
    expect(fleet.ask("beta", A)).toBe("two");
    fleet.feed({ type: "ticked", local: { day: 3, minute: 300 } });
    expect(fleet.ask("beta", B)).toBe("one");
    expect(fleet.ask("beta", A)).toBe("two");
  });
});

describe("what the operator wants", () => {
  test("manual: the new one waits until it is promoted", () => {
    const fleet = settled({ strategy: "manual" });
    fleet.publish("beta", "two");
    expect(fleet.ask("beta", A)).toBe("one");
    fleet.feed({ type: "promote", hosts: ["beta"] });
    expect(fleet.ask("beta", A)).toBe("two");
    expect(fleet.feed({ type: "promote", hosts: ["beta"] })).toMatchObject([{ type: "refuse" }]);
  });

  test("what was promoted is watched like any other, and the way back is the last good one", () => {
    const fleet = settled({ strategy: "manual", tries: 1 });
    fleet.publish("beta", "two");
    fleet.feed({ type: "promote", hosts: ["beta"] });
    fails(fleet, A, "two");
    expect(fleet.ask("beta", A)).toBe("one");
    fleet.feed({ type: "promote", hosts: ["beta"] });
    expect(fleet.ask("beta", A)).toBe("two");
  });

  test("what was promoted stays everybody's though a machine is late to come up with the one before", () => {
    const fleet = settled({ strategy: "manual" });
    fleet.publish("beta", "two");
    expect(fleet.ask("beta", B)).toBe("one");
    fleet.feed({ type: "promote", hosts: ["beta"] });
    fleet.checksIn("beta", B, "one");
    expect(fleet.ask("beta", A)).toBe("two");
  });

  test("nor does a pin to one that was overtaken take it back", () => {
    const fleet = settled({ strategy: "manual" });
    for (const id of ["two", "three"]) fleet.publish("beta", id);
    fleet.feed({ type: "promote", hosts: ["beta"] });
    fleet.feed({ type: "pin", pins: new Map([["beta", "two"]]) });
    boots(fleet, B, "two");
    fleet.feed({ type: "unpin", hosts: ["beta"] });
    expect(fleet.ask("beta", A)).toBe("three");
  });

  test("rollback goes to the good one before, and another time to the one before that", () => {
    const fleet = settled();
    for (const id of ["two", "three"]) {
      fleet.publish("beta", id);
      boots(fleet, A, id);
    }
    fleet.feed({ type: "rollback", hosts: ["beta"] });
    expect(fleet.ask("beta", A)).toBe("two");
    fleet.feed({ type: "rollback", hosts: ["beta"] });
    expect(fleet.ask("beta", A)).toBe("one");
    expect(fleet.feed({ type: "rollback", hosts: ["beta"] })).toMatchObject([{ type: "refuse" }]);
    fleet.feed({ type: "rollback", hosts: ["beta"], generation: "three" });
    expect(fleet.ask("beta", A)).toBe("three");
  });

  test("rollback from one that is under way leaves it, until there is a newer one", () => {
    const fleet = settled();
    fleet.publish("beta", "two");
    fleet.feed({ type: "rollback", hosts: ["beta"] });
    expect(fleet.ask("beta", A)).toBe("one");
    fleet.publish("beta", "two");
    expect(fleet.ask("beta", A)).toBe("one");
    fleet.publish("beta", "three");
    expect(fleet.ask("beta", A)).toBe("three");
  });

  test("a pin stands whatever is published, and after it the newest is everybody's again", () => {
    const fleet = settled();
    fleet.feed({ type: "pin", pins: new Map([["beta", "one"]]) });
    fleet.publish("beta", "two");
    expect(fleet.ask("beta", A)).toBe("one");
    expect(fleet.feed({ type: "rollback", hosts: ["beta"] })).toMatchObject([{ type: "refuse" }]);
    fleet.feed({ type: "unpin", hosts: ["beta"] });
    expect(fleet.ask("beta", A)).toBe("two");
  });

  test("while it is held nobody takes the new one; who has it keeps it", () => {
    const fleet = settled();
    fleet.publish("beta", "two");
    expect(fleet.ask("beta", A)).toBe("two");
    fleet.feed({ type: "hold", scope: "host:beta", hosts: ["beta"] });
    expect(fleet.ask("beta", B)).toBe("one");
    expect(fleet.ask("beta", A)).toBe("two");
    fleet.feed({ type: "release", scope: "host:beta", hosts: ["beta"] });
    expect(fleet.ask("beta", B)).toBe("two");
  });

  describe("what comes up while it is held waits all the same, and is everybody's when it is released:", () => {
    test.each(["all", "canary"] as const)("a host with the strategy '%s'", (strategy) => {
      const fleet = settled({ strategy });
      fleet.publish("beta", "two");
      expect(fleet.ask("beta", A)).toBe("two");
      fleet.feed({ type: "hold", scope: "host:beta", hosts: ["beta"] });
      fleet.fetches(A, "two");
      fleet.checksIn("beta", A, "two");
      expect(fleet.ask("beta", B)).toBe("one");
      expect(fleet.ask("beta", A)).toBe("two");
      fleet.later(30 * MINUTE);
      expect(fleet.choose("beta").generation?.id).toBe("one");
      fleet.feed({ type: "release", scope: "host:beta", hosts: ["beta"] });
      expect(fleet.ask("beta", B)).toBe("two");
      expect(told(fleet, "settled").at(-1)).toMatchObject({ hosts: ["beta"], generation: "two" });
    });

    /** Two hosts of a group, with the first generation up on one of them. */
    function group(policy: Parameters<typeof createFleet>[1]): Fleet {
      const fleet = createFleet(
        ["beta", "gamma"].map((name) => ({ name, group: "nodes" })),
        policy,
      );
      for (const host of ["beta", "gamma"]) fleet.publish(host, "one");
      boots(fleet, A, "one");
      for (const host of ["beta", "gamma"]) fleet.publish(host, "two");
      return fleet;
    }

    test("a group whose canary nobody hears of for ten minutes", () => {
      const fleet = group({ strategy: "canary", checkIn: false });
      expect(fleet.ask("beta", A)).toBe("two");
      fleet.fetches(A, "two");
      fleet.feed({ type: "hold", scope: "group:nodes", hosts: ["beta", "gamma"] });
      fleet.later(11 * MINUTE);
      expect(fleet.ask("gamma", B)).toBe("one");
      expect(fleet.ask("beta", A)).toBe("two");
      fleet.feed({ type: "release", scope: "group:nodes", hosts: ["beta", "gamma"] });
      expect(fleet.ask("gamma", B)).toBe("two");
    });

    test.each(["all", "canary"] as const)("one host of a group with the strategy '%s'", (strategy) => {
      const fleet = group({ strategy });
      fleet.feed({ type: "hold", scope: "host:gamma", hosts: ["gamma"] });
      boots(fleet, A, "two");
      expect(fleet.choose("beta").generation?.id).toBe("two");
      expect(fleet.ask("gamma", B)).toBe("one");
      fleet.feed({ type: "release", scope: "host:gamma", hosts: ["gamma"] });
      expect(fleet.ask("gamma", B)).toBe("two");
    });

    test("one that was overtaken meanwhile is not everybody's either", () => {
      const fleet = settled();
      fleet.publish("beta", "two");
      expect(fleet.ask("beta", A)).toBe("two");
      fleet.feed({ type: "hold", scope: "host:beta", hosts: ["beta"] });
      fleet.publish("beta", "three");
      fleet.fetches(A, "two");
      fleet.checksIn("beta", A, "two");
      expect(fleet.ask("beta", B)).toBe("one");
    });

    test("one that is the only good one so far is not forgotten for a newer one", () => {
      const fleet = createFleet([{ name: "beta", machines: 3 }], { tries: 1 });
      for (const id of ["one", "two"]) fleet.publish("beta", id);
      expect(fleet.ask("beta", A)).toBe("two");
      fleet.feed({ type: "hold", scope: "host:beta", hosts: ["beta"] });
      fleet.fetches(A, "two");
      fleet.checksIn("beta", A, "two");
      fleet.publish("beta", "three");
      expect(fleet.ask("beta", B)).toBe("one");
      fails(fleet, B, "one");
      expect(fleet.ask("beta", B)).toBe("two");
    });

    test("a canary whose own host is held keeps what it has, and no place of the next wave", () => {
      const fleet = group({ strategy: "canary" });
      expect(fleet.ask("gamma", B)).toBe("two");
      fleet.feed({ type: "hold", scope: "host:gamma", hosts: ["gamma"] });
      fleet.fetches(B, "two");
      fleet.checksIn("gamma", B, "two");
      expect(fleet.choose("beta").generation?.id).toBe("two");
      expect(fleet.ask("gamma", B)).toBe("two");
      fleet.publish("beta", "three");
      expect(fleet.choose("beta").generation?.id).toBe("two");
      fleet.checksIn("gamma", B, "two");
      expect(fleet.choose("beta").generation?.id).toBe("two");
      boots(fleet, A, "three");
      expect(fleet.choose("beta").generation?.id).toBe("three");
      expect(fleet.ask("gamma", B)).toBe("two");
    });
  });

  test("a machine that fails with what has come up elsewhere says nothing about it, held or not", () => {
    const fleet = settled({ tries: 1 });
    fleet.publish("beta", "two");
    expect(fleet.ask("beta", B)).toBe("two");
    boots(fleet, A, "two");
    fleet.publish("beta", "three");
    expect(fleet.ask("beta", B)).toBe("three");
    expect(fleet.ask("beta", A)).toBe("three");
    fleet.feed({ type: "hold", scope: "host:beta", hosts: ["beta"] });
    fleet.checksIn("beta", A, "three");
    fleet.fetches(B, "three");
    fleet.feed({ type: "back", mac: B });
    expect(told(fleet, "marked-bad")).toEqual([]);
    fleet.feed({ type: "release", scope: "host:beta", hosts: ["beta"] });
    expect(fleet.choose("beta").generation?.id).toBe("three");
  });

  test("a one-time image is for one boot, however often that boot asks, and for one machine", () => {
    const fleet = settled({ strategy: "manual" });
    fleet.publish("beta", "two");
    fleet.feed({ type: "boot-once", key: "host:beta", host: "beta", generation: "two" });
    expect(fleet.ask("beta", A)).toBe("two");
    expect(fleet.ask("beta", A)).toBe("two");
    expect(fleet.ask("beta", B)).toBe("one");
    fleet.fetches(A, "two");
    expect(fleet.ask("beta", A)).toBe("one");
  });

  test("a one-time image that a machine boots is its own for as long, though the clock is set under way", () => {
    const fleet = settled({ strategy: "manual" });
    fleet.publish("beta", "two");
    fleet.feed({ type: "boot-once", key: "host:beta", host: "beta", generation: "two" });
    expect(fleet.ask("beta", A)).toBe("two");
    fleet.nowMs += 180 * MINUTE;
    fleet.feed({ type: "clock-set", byMs: 180 * MINUTE });
    fleet.later(9 * MINUTE);
    expect(fleet.choose("beta", A).generation?.id).toBe("two");
    fleet.later(MINUTE);
    expect(fleet.choose("beta", A).generation?.id).toBe("one");
  });

  describe("is not undone by a report from before it, told again by a server that was killed", () => {
    test("where something was amiss and it was promoted all the same", () => {
      const fleet = settled();
      fleet.publish("beta", "two");
      expect(fleet.ask("beta", A)).toBe("two");
      fleet.checksIn("beta", A, "two", ["a.service"]);
      expect(fleet.ask("beta", A)).toBe("one");
      fleet.feed({ type: "promote", hosts: ["beta"] });
      fleet.restart();
      expect(fleet.ask("beta", A)).toBe("two");
    });

    test("where a one-time image waits to be asked for again", () => {
      const fleet = settled({ strategy: "manual" });
      fleet.publish("beta", "two");
      fleet.feed({ type: "boot-once", key: "host:beta", host: "beta", generation: "two" });
      expect(fleet.ask("beta", A)).toBe("two");
      fleet.restart();
      fleet.restart();
      expect(fleet.ask("beta", A)).toBe("two");
    });

    test("nor after a night without a server", () => {
      const fleet = settled({ strategy: "manual" });
      fleet.publish("beta", "two");
      fleet.feed({ type: "boot-once", key: "host:beta", host: "beta", generation: "two" });
      expect(fleet.ask("beta", A)).toBe("two");
      fleet.nowMs += 500 * MINUTE;
      fleet.restart();
      expect(fleet.rollouts.onces.size).toBe(1);
    });
  });

  test("what comes up as a one-time image is proven, and still waits to be promoted", () => {
    const fleet = settled({ strategy: "manual" });
    fleet.publish("beta", "two");
    fleet.feed({ type: "boot-once", key: `mac:${B}`, host: "beta", generation: "two" });
    boots(fleet, A, "one");
    boots(fleet, B, "two");
    expect(fleet.ask("beta", B)).toBe("one");
  });
});
