/** Checks that the groups of hosts are there, and that hosts of a group do not go each its own way. */

import { likelyWord } from "./likely.ts";
import type { Mistake } from "./mistake.ts";
import { entriesOf, field, mistakeAt, type Origin } from "./origin.ts";
import { SHARED_ROLLOUT_KEYS } from "./raw-rollout.ts";

/** Looks at whatever can be read, so that it tells even where another mistake stands beside it. */
export function checkGroups(value: unknown, origin: Origin): Mistake[] {
  const hosts = entriesOf(field(value, "hosts"));
  const names = new Set(hosts.map(([name]) => name));
  const groups = entriesOf(field(value, "groups")).map(([name]) => name);
  const ambiguous = groups
    .filter((name) => names.has(name) || name === "default")
    .map((name) => {
      const want = "a name that no host has: commands name both";
      return mistakeAt(["groups", name], want, origin, `the name '${name}'`);
    });
  return [
    ...ambiguous,
    ...hosts.flatMap(([name, host]) => checkHost(name, host, groups, origin)),
    ...entriesOf(field(value, "notify")).flatMap(([name, target]) => checkTold(name, target, groups, origin)),
  ];
}

/** Nobody would ever be told of a group that is not there. */
function checkTold(name: string, target: unknown, groups: readonly string[], origin: Origin): Mistake[] {
  const named = field(target, "groups");
  const path = ["notify", name, "groups"];
  const each = Array.isArray(named)
    ? named.map((group, i) => [group, [...path, i]] as const)
    : [[named, path] as const];
  return each.flatMap(([group, place]) =>
    typeof group !== "string" || groups.includes(group)
      ? []
      : [mistakeAt(place, groupWant(group, groups), origin)],
  );
}

function groupWant(group: string, groups: readonly string[]): string {
  const likely = likelyWord(group, groups);
  if (likely !== undefined) return `'${likely}'`;
  return groups.length > 0
    ? `one of the groups: ${groups.join(", ")}`
    : `a group that there is, as in 'groups: { ${group}: {} }'`;
}

function checkHost(name: string, host: unknown, groups: readonly string[], origin: Origin): Mistake[] {
  const group = field(host, "group");
  if (typeof group !== "string") return [];
  const path = ["hosts", name];
  const want = groupWant(group, groups);
  const unknown = groups.includes(group) ? [] : [mistakeAt([...path, "group"], want, origin)];
  const rollout = field(host, "rollout");
  const own = SHARED_ROLLOUT_KEYS.filter((key) => (field(rollout, key) ?? undefined) !== undefined);
  return [
    ...unknown,
    ...own.map((key) =>
      mistakeAt(
        [...path, "rollout", key],
        `it below the group: 'groups: { ${group}: { rollout: { … } } }'`,
        origin,
        `the key '${key}' of a host in a group`,
      ),
    ),
  ];
}
