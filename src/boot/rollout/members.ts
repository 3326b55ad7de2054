/** The hosts as rollouts see them: with whom each is rolled out together, and how. */

import type { Host, HostName } from "../host.ts";
import { DEFAULT_POLICY } from "./policy.ts";
import type { Member, Scope } from "./rollout.ts";

/** @param defaultHost - the host of machines that nothing matches, whose number nobody knows */
export function membersOf(
  hosts: ReadonlyMap<HostName, Host>,
  defaultHost: HostName | undefined,
): ReadonlyMap<HostName, Member> {
  return new Map(
    [...hosts.values()].map((host) => {
      // A machine may be known in several ways; a host of many machines names as many in one of them.
      const machines = Math.max(host.macs.length, host.uuids.length, host.serials.length);
      const isByMac = host.macs.length > 0 && host.uuids.length + host.serials.length === 0;
      return [
        host.name,
        {
          scope: scopeOfHost(host),
          policy: host.rollout ?? DEFAULT_POLICY,
          ...(host.name === defaultHost ? {} : { machines, ...(isByMac ? { macs: host.macs } : {}) }),
        },
      ];
    }),
  );
}

export function scopeOfHost({ name, group }: Pick<Host, "name" | "group">): Scope {
  return group === undefined ? `host:${name}` : `group:${group}`;
}

/** A host, or all hosts of a group, that a command is about. */
export interface Target {
  /** Of the group, or of the host alone. */
  readonly scope: Scope;
  readonly hosts: readonly HostName[];
}

/** @returns `undefined` where nothing is called so; a host wins over a group */
export function targetOf(name: string, hosts: ReadonlyMap<HostName, Host>): Target | undefined {
  if (hosts.has(name)) return { scope: `host:${name}`, hosts: [name] };
  const group = [...hosts.values()].filter((host) => host.group === name).map((host) => host.name);
  return group.length === 0 ? undefined : { scope: `group:${name}`, hosts: group };
}
