/**
 * The noun `approval`: the operator has said, while the server ran, which host a machine is.
 *
 * It stands beside the configuration and counts as if it stood in it; where the two disagree, the
 * configuration wins.
 */

import { type Mac, parseMac } from "../../wire/net/mac.ts";
import type { Notice } from "../event.ts";
import type { HostName } from "../host.ts";
import type { HostEntry } from "../host-entry.ts";

export interface Approval {
  readonly mac: Mac;
  readonly host: HostName;
}

export interface ApprovedHosts {
  /** The configured ones first, in their order, with the approved addresses after their own. */
  readonly hosts: readonly HostEntry[];
  readonly notices: readonly Notice[];
}

/** Puts approvals and configured hosts together. */
export function withApproved(hosts: readonly HostEntry[], approved: readonly Approval[]): ApprovedHosts {
  if (approved.length === 0) return { hosts, notices: [] };
  const owners = macOwners(hosts);
  const added = new Map<HostName, Mac[]>();
  const notices: Notice[] = [];
  for (const { mac, host } of approved) {
    const owner = owners.get(mac);
    if (owner === undefined) added.set(host, [...(added.get(host) ?? []), mac]);
    else if (owner !== host) notices.push(overruled(mac, host, owner));
  }
  const grown = hosts.map((entry) => {
    const macs = added.get(entry.name);
    added.delete(entry.name);
    return macs === undefined ? entry : { ...entry, macs: [...entry.macs, ...macs] };
  });
  const fresh = [...added].map(([name, macs]) => ({
    name,
    macs: [...new Set([...ownMac(name, owners), ...macs])],
    uuids: [],
    serials: [],
  }));
  return { hosts: [...grown, ...fresh], notices };
}

/** A host that is named by a MAC address is that machine's too, as it is in the configuration. */
function ownMac(name: HostName, owners: ReadonlyMap<Mac, HostName>): readonly Mac[] {
  const mac = parseMac(name);
  return mac === undefined || owners.has(mac) ? [] : [mac];
}

function macOwners(hosts: readonly HostEntry[]): ReadonlyMap<Mac, HostName> {
  return new Map(hosts.flatMap(({ name, macs }) => macs.map((mac) => [mac, name] as const)));
}

function overruled(mac: Mac, host: HostName, owner: HostName): Notice {
  return {
    level: "warn",
    text: `the approval of ${mac} as ${host} does not count: the configuration gives it to the host ${owner}`,
    cure: `'mayfly unapprove ${mac}', or take the address from the host ${owner} in the configuration`,
  };
}

/** What an approval is judged by. */
export interface ApprovalGround {
  /** As the configuration has them. */
  readonly hosts: readonly HostEntry[];
  /** For people: where the hosts stand. */
  readonly configFile: string;
  /** Names in `boot-media/hosts`. */
  readonly entries: readonly string[];
  /** `serve IMAGE`: every machine gets this one. */
  readonly image?: string;
}

export type ApprovalVerdict =
  | {
      readonly type: "approved";
      /** What is worth knowing about it, a sentence each. */
      readonly notes: readonly string[];
    }
  | { readonly type: "refused"; readonly reason: string; readonly cure: string };

/** Says whether an approval can count, before it is kept. */
export function judgeApproval({ mac, host }: Approval, ground: ApprovalGround): ApprovalVerdict {
  const { hosts, configFile, entries, image } = ground;
  if (image !== undefined) {
    return refuse(
      `this server gives every machine ${image}`,
      "start it without an image to approve machines",
    );
  }
  const owner = macOwners(hosts).get(mac);
  if (owner !== undefined && owner !== host) {
    return refuse(
      `the configuration gives ${mac} to the host ${owner} (${configFile}: hosts.${owner})`,
      `change it there, or approve it as ${owner}`,
    );
  }
  const entry = entries.find((name) => parseMac(name) === mac);
  if (owner === undefined && entry !== undefined && entry !== host) {
    return refuse(
      `the machine ${mac} has an image of its own already (hosts/${entry})`,
      `remove hosts/${entry}, or rename it to hosts/${host}, and approve it then`,
    );
  }
  const configured = hosts.find(({ name }) => name === host);
  const hasImage = configured?.image !== undefined || entries.includes(host);
  return {
    type: "approved",
    notes: [
      ...(owner === host ? [`The configuration says so already (${configFile}: hosts.${host}).`] : []),
      ...(hasImage
        ? []
        : [`${host} has no image yet: it boots as soon as one is linked to boot-media/hosts/${host}.`]),
    ],
  };
}

function refuse(reason: string, cure: string): ApprovalVerdict {
  return { type: "refused", reason, cure };
}

/** The addresses that a host has by approval, and not by the configuration. */
export interface ApprovedMacs {
  readonly host: HostName;
  readonly macs: readonly Mac[];
}

/** What the configuration lacks for the approvals that count to be needless. */
export function approvedMacs(
  hosts: readonly HostEntry[],
  approved: readonly Approval[],
): readonly ApprovedMacs[] {
  const before = new Map(hosts.map(({ name, macs }) => [name, new Set(macs)]));
  return withApproved(hosts, approved)
    .hosts.map(({ name, macs }) => ({
      host: name,
      // A host that is named by its address has that without saying so.
      macs: macs.filter((mac) => before.get(name)?.has(mac) !== true && parseMac(name) !== mac),
    }))
    .filter(({ macs }) => macs.length > 0);
}
