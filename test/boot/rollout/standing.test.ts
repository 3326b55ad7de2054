/** A host's rollout in one word, from its first generation to the operator's last one. */

import { expect, test } from "vitest";
import type { RolloutPolicy } from "../../../src/boot/rollout/policy.ts";
import { standingOf } from "../../../src/boot/rollout/standing.ts";
import { createFleet, type Fleet, MINUTE } from "../../support/rollouts.ts";

const MAC = "52:54:00:00:00:01";

function fleetOf(policy: Partial<RolloutPolicy> = {}): Fleet {
  return createFleet([{ name: "beta" }], policy);
}
function standing(fleet: Fleet): string {
  const [host] = fleet.hosts;
  if (host === undefined) throw new Error("no host");
  return standingOf(host, fleet.snapshot());
}
function bootsWell(fleet: Fleet, id: string): void {
  fleet.ask("beta", MAC);
  fleet.fetches(MAC, id);
  fleet.checksIn("beta", MAC, id);
}

test("a host without an image has none", () => {
  expect(standing(fleetOf())).toBe("none");
});

test("a new generation is a candidate until a machine has come up with it", () => {
  const fleet = fleetOf();
  fleet.publish("beta", "g1");
  bootsWell(fleet, "g1");
  expect(standing(fleet)).toBe("newest");
  fleet.publish("beta", "g2");
  expect(standing(fleet)).toBe("candidate");
  bootsWell(fleet, "g2");
  expect(standing(fleet)).toBe("newest");
});

test.each(["canary", "manual"] as const)("with the strategy %s it waits for that", (strategy) => {
  const fleet = fleetOf({ strategy });
  fleet.publish("beta", "g1");
  bootsWell(fleet, "g1");
  fleet.publish("beta", "g2");
  expect(standing(fleet)).toBe(strategy);
  fleet.feed({ type: "hold", scope: "host:beta", hosts: ["beta"] });
  expect(standing(fleet)).toBe("held");
});

test("one that does not come up is bad, and the one before is given", () => {
  const fleet = fleetOf();
  fleet.publish("beta", "g1");
  bootsWell(fleet, "g1");
  fleet.publish("beta", "g2");
  fleet.ask("beta", MAC);
  fleet.fetches(MAC, "g2");
  fleet.later(60 * MINUTE);
  expect(standing(fleet)).toBe("bad");
  fleet.feed({ type: "pin", pins: new Map([["beta", "g1"]]) });
  expect(standing(fleet)).toBe("pinned");
});
