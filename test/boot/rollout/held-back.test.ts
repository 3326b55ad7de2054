import { expect, test } from "vitest";
import { describe as describeEvent } from "../../../src/boot/describe.ts";
import { heldBackText } from "../../../src/boot/rollout/describe-held-back.ts";
import { type HeldBack, heldBack } from "../../../src/boot/rollout/held-back.ts";
import { DEFAULT_POLICY, type RolloutPolicy } from "../../../src/boot/rollout/policy.ts";
import type { Scope } from "../../../src/boot/rollout/rollout.ts";
import type { RolloutEvent } from "../../../src/boot/rollout/rollout-event.ts";
import { createFleet, generationOf } from "../../support/rollouts.ts";

interface World {
  readonly policy?: Partial<RolloutPolicy>;
  readonly group?: string;
  /** What the operator wanted meanwhile. */
  readonly wish?: RolloutEvent;
  readonly isUnkept?: boolean;
}

/** What is said when `two` is published for a host whose `one` is up. */
function said({ policy = {}, group, wish, isUnkept = false }: World): string {
  const fleet = createFleet([{ name: "beta", ...(group === undefined ? {} : { group }) }], policy);
  fleet.publish("beta", "one");
  fleet.ask("beta", "52:54:00:00:00:01");
  fleet.checksIn("beta", "52:54:00:00:00:01", "one");
  if (wish !== undefined) fleet.feed(wish);
  const snapshot = fleet.snapshot();
  const hosts = new Map(
    fleet.hosts.map((host) => [
      host.name,
      { ...host, rollout: { ...DEFAULT_POLICY, ...policy }, ...(group === undefined ? {} : { group }) },
    ]),
  );
  const generation = generationOf("two");
  const generations = new Map(snapshot.generations).set("two", generation);
  const images = new Map([["beta", { name: "beta", current: "two" }]]);
  const rollouts = { ...snapshot.rollouts, isUnkept };
  const held = heldBack("beta", generation, { ...snapshot, hosts, generations, images, rollouts });
  return describeEvent({ type: "published", image: "beta", generation, heldBack: held }).text;
}

const OPEN = { days: [1, 2, 3, 4, 5], fromMinute: 120, untilMinute: 300 };
const NOW_OPEN = { days: [0, 1, 2, 3, 4, 5, 6], fromMinute: 0, untilMinute: 1440 };

test.each<[what: string, world: World, text: string]>([
  [
    "the newest is live for the next boot where nothing holds it",
    {},
    "two (Linux 6.12.9) is live for the next boot",
  ],
  [
    "within its hours it is live",
    { policy: { strategy: "window", window: [NOW_OPEN] } },
    "two (Linux 6.12.9) is live for the next boot",
  ],
  [
    "outside of its hours they are named",
    { policy: { strategy: "window", window: [OPEN] } },
    "two (Linux 6.12.9) is for boots at its hours (Mon-Fri 02:00-05:00); until then boots get one",
  ],
  [
    "canaries get it first",
    { policy: { strategy: "canary", canaries: 2 }, group: "nodes" },
    "two (Linux 6.12.9) goes to its canaries first, 2 machines of group nodes, and to all others when it is up there; until then the others get one",
  ],
  [
    "a manual rollout waits for the operator",
    { policy: { strategy: "manual" } },
    "two (Linux 6.12.9) waits for 'mayfly promote beta'; until then boots get one",
  ],
  [
    "a hold is released by the name of its scope",
    { group: "nodes", wish: { type: "hold", scope: "group:nodes", hosts: ["beta"] } },
    "two (Linux 6.12.9) waits for 'mayfly release nodes'; until then boots get one",
  ],
  [
    "a pin stays",
    {
      wish: { type: "pin", pins: new Map([["beta", "one"]]) },
    },
    "two (Linux 6.12.9) is there, and no boot gets it before 'mayfly unpin beta'; boots get one",
  ],
  [
    "no canary takes it while that cannot be kept",
    { policy: { strategy: "canary" }, isUnkept: true },
    "two (Linux 6.12.9) waits until the state folder can be written; until then boots get one",
  ],
])("%s", (_what, world, text) => {
  expect(said(world)).toBe(`beta: ${text}`);
});

test("hosts of an image that wait for the same thing are told together, and no line names more than a few", () => {
  const waits = (host: string, scope: Scope): HeldBack => ({
    ...{ host, scope, instead: "one", because: { type: "waiting", candidate: "two", reason: "manual" } },
  });
  const text = (hosts: readonly string[], scope = (_host: string): Scope => "group:nodes") =>
    heldBackText(
      "all",
      hosts.map((host) => waits(host, scope(host))),
    );
  const meanwhile = "until then boots get one";
  expect(text(["a"])).toBe(`waits on a for 'mayfly promote a'; ${meanwhile}`);
  expect(text(["a", "b"])).toBe(`waits on a and b for 'mayfly promote nodes'; ${meanwhile}`);
  expect(text(["a", "b", "c"])).toBe(`waits on a, b and c for 'mayfly promote nodes'; ${meanwhile}`);
  expect(text(["a", "b", "c", "d"])).toBe(
    `waits on a, b and 2 other hosts for 'mayfly promote nodes'; ${meanwhile}`,
  );
  expect(text(["a", "b", "c", "d"], (host) => `host:${host}`)).toBe(
    [
      ...["a", "b", "c"].map((host) => `waits on ${host} for 'mayfly promote ${host}'; ${meanwhile}`),
      "one other host does not get it yet either ('mayfly rollouts')",
    ].join("; "),
  );
});

test("that a generation waits is told by one line: the event that machines read besides is for debugging", () => {
  const news = { scope: "group:nodes", hosts: ["beta"], generation: "two", waitsFor: "canary" } as const;
  expect(describeEvent({ type: "rollout", change: "waiting", ...news }).level).toBe("debug");
  expect(describeEvent({ type: "rollout", change: "canary", ...news }).level).toBe("info");
});
