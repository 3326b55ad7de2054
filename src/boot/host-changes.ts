/** What is other in a table of hosts than in the one before it. Pure. */

import type { Description } from "./description.ts";
import type { HostName } from "./host.ts";
import type { HostTable } from "./hosts.ts";

/** Each in the order of the table; all of them empty where only machines that nothing matches get something else. */
export interface HostChanges {
  readonly added: readonly HostName[];
  /** What is said of them is other: their machines, their group, how they are rolled out, say. */
  readonly changed: readonly HostName[];
  readonly removed: readonly HostName[];
}

/** @returns `undefined` where both say the same; where images lie is not looked at */
export function hostChanges(before: HostTable, after: HostTable): HostChanges | undefined {
  const [old, now] = [textsOf(before), textsOf(after)];
  const added = [...now.keys()].filter((name) => !old.has(name));
  const removed = [...old.keys()].filter((name) => !now.has(name));
  const changed = [...now].filter(([name, text]) => old.has(name) && old.get(name) !== text);
  const isSame = added.length + removed.length + changed.length === 0 && before.strangers === after.strangers;
  return isSame ? undefined : { added, changed: changed.map(([name]) => name), removed };
}

function textsOf({ hosts, defaultHost }: HostTable): ReadonlyMap<HostName, string> {
  return new Map(hosts.map((host) => [host.name, JSON.stringify([host, host.name === defaultHost])]));
}

/** The configuration's own notice, and an image's, are what the log shows. */
export function describeHostChanges({ added, changed, removed }: HostChanges): Description {
  const parts = [
    ...(added.length === 0
      ? []
      : [`${namesText(added)} ${added.length === 1 ? "is a host" : "are hosts"} now`]),
    ...(changed.length === 0 ? [] : [`what is said of ${namesText(changed)} is other than before`]),
    ...(removed.length === 0
      ? []
      : [`${namesText(removed)} ${removed.length === 1 ? "is" : "are"} none any more`]),
  ];
  const text =
    parts.length === 0 ? "what machines get that no host has is other than before" : parts.join("; ");
  return { level: "debug", text };
}

const MAX_NAMES = 5;

function namesText(names: readonly HostName[]): string {
  const others = names.length - MAX_NAMES;
  return [...names.slice(0, MAX_NAMES), ...(others > 0 ? [`${others} more`] : [])].join(", ");
}
