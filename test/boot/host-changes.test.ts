import { expect, test } from "vitest";
import { describe as describeEvent } from "../../src/boot/describe.ts";
import { type HostChanges, hostChanges } from "../../src/boot/host-changes.ts";
import type { HostEntry } from "../../src/boot/host-entry.ts";
import { type HostsWanted, hostTable } from "../../src/boot/hosts.ts";
import { DEFAULT_POLICY } from "../../src/boot/rollout/policy.ts";

const NONE: HostsWanted = { hosts: [], kernelParams: "", onFailure: "next" };

function entry(name: string, more: Partial<HostEntry> = {}): HostEntry {
  return { name, macs: [], uuids: [], serials: [], ...more };
}

function changes(
  before: readonly HostEntry[],
  after: readonly HostEntry[],
  more: Partial<HostsWanted> = {},
): HostChanges | undefined {
  const table = (hosts: readonly HostEntry[], also: Partial<HostsWanted> = {}) =>
    hostTable({ ...NONE, ...also, hosts }, []);
  return hostChanges(table(before), table(after, more));
}

test("a table that says the same, its hosts in another order, has not changed", () => {
  const [beta, gamma] = [entry("beta", { macs: ["52:54:00:12:34:56"] }), entry("gamma")];
  expect(changes([beta, gamma], [gamma, { ...beta }])).toBeUndefined();
});

test("hosts that came, went, or have another machine, group or policy are named", () => {
  const mac = "52:54:00:12:34:56";
  const before = [entry("alpha"), entry("beta"), entry("gamma"), entry("delta"), entry("epsilon")];
  const rollout = { ...DEFAULT_POLICY, strategy: "manual" } as const;
  const after = [
    entry("alpha", { macs: [mac] }),
    entry("beta", { group: "nodes" }),
    entry("gamma", { rollout }),
    entry("delta"),
    entry("zeta"),
  ];
  expect(changes(before, after)).toEqual({
    added: ["zeta"],
    changed: ["alpha", "beta", "gamma"],
    removed: ["epsilon"],
  });
});

test("who is the host of all others is told of it, and of those that it was before", () => {
  const before = [entry("beta"), entry("default")];
  expect(changes(before, before, { defaultHost: "beta" })?.changed).toEqual(["beta", "default"]);
});

test("what becomes of unknown machines is a change though it is no host's", () => {
  expect(changes([entry("beta")], [entry("beta")], { unknown: "hold" })).toEqual({
    ...{ added: [], changed: [], removed: [] },
  });
});

test("a person reads which hosts they are, of many only how many", () => {
  const text = (event: Partial<HostChanges>) =>
    describeEvent({ ...{ type: "hosts", added: [], changed: [], removed: [] }, ...event }).text;
  expect(text({ added: ["beta"], removed: ["gamma", "delta"] })).toBe(
    "beta is a host now; gamma, delta are none any more",
  );
  expect(text({ changed: ["a", "b", "c", "d", "e", "f", "g"] })).toBe(
    "what is said of a, b, c, d, e, 2 more is other than before",
  );
  expect(text({})).toBe("what machines get that no host has is other than before");
});
