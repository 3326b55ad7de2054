/** The table of hosts: what the configuration says and what lies in the media folder, put together. */

import { type Mac, parseMac } from "../wire/net/mac.ts";
import type { StrangerPolicy } from "./decide.ts";
import type { Notice } from "./event.ts";
import type { FailureAction, Host, HostName, ImageName, UnknownPolicy } from "./host.ts";
import type { HostEntry } from "./host-entry.ts";
import { type Approval, withApproved } from "./machine/approval.ts";
import type { RolloutPolicy } from "./rollout/policy.ts";

/** Where an image lies that is not an entry of `boot-media/hosts`. */
export interface ImagePlace {
  readonly image: ImageName;
  readonly path: string;
}

export interface HostTable {
  readonly hosts: readonly Host[];
  /** Of the machines that nothing matches; absent: `strangers` says what becomes of them. */
  readonly defaultHost?: HostName;
  /** Absent: without a default host, machines that nothing matches are left alone. */
  readonly strangers?: StrangerPolicy;
  /** Images that lie elsewhere than in `boot-media/hosts`. */
  readonly places: readonly ImagePlace[];
  readonly notices: readonly Notice[];
}

/** What the configuration says about hosts. */
export interface HostsWanted {
  readonly hosts: readonly HostEntry[];
  readonly defaultHost?: HostName | false;
  /** Absent: `default` where there is a default host, else `ignore`. */
  readonly unknown?: UnknownPolicy;
  /** What the operator approved while the server ran; none unless given. */
  readonly approved?: readonly Approval[];
  readonly kernelParams: string;
  readonly onFailure: FailureAction;
  /** Absent: as `true`. */
  readonly checkIn?: boolean;
  /** Of hosts that say nothing else; absent: their next boot gets the new generation. */
  readonly rollout?: RolloutPolicy;
  /** `serve IMAGE`: absolute path of the one image for every machine. */
  readonly image?: string;
}

/** The entry of `boot-media/hosts` for machines that nothing else matches. */
export const DEFAULT_ENTRY: HostName = "default";

/** The name that no host may have: in the API it is that of something else. */
export const TAKEN_NAME: HostName = "export";

const HOST_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** Whether the text can name a host: it stands in paths, URLs and file names. */
export function isHostName(text: string): boolean {
  return HOST_NAME.test(text) && text.length <= 253;
}

/**
 * Puts the configured hosts and the entries of the media folder together.
 *
 * A configured host has the image that its `image:` names, else the entry of its own name. An entry
 * named by a MAC address is the host of that machine, unless a configured host has the address.
 * `default` is the host of all others.
 *
 * @param entries - names in `boot-media/hosts`, in any order
 */
export function hostTable(wanted: HostsWanted, entries: readonly string[]): HostTable {
  if (wanted.image !== undefined) return oneImage(wanted, wanted.image);
  const names = [...new Set(entries)].filter((name) => !isNoImage(name)).sort();
  const approved = withApproved(wanted.hosts, wanted.approved ?? []);
  const configured = approved.hosts.map((entry) => fromEntry(entry, wanted));
  const defaultHost = defaultOf(wanted, names);
  const byMac = macEntries(names, configured, wanted);
  const known = new Set([...configured, ...byMac.hosts].map((host) => host.name));
  const added = defaultHost === undefined || known.has(defaultHost) ? [] : [bare(defaultHost, [], wanted)];
  return {
    hosts: [...configured, ...byMac.hosts, ...added],
    ...(defaultHost === undefined ? {} : { defaultHost }),
    ...(wanted.unknown === "hold" || wanted.unknown === "local" ? { strangers: wanted.unknown } : {}),
    places: wanted.hosts.flatMap(({ name, image }) =>
      image === undefined ? [] : [{ image: name, path: image }],
    ),
    notices: [
      ...approved.notices,
      ...byMac.notices,
      ...shadowedByImage(wanted.hosts, names),
      ...unowned(names, new Set([...known, defaultHost, DEFAULT_ENTRY])),
      ...unusedDefault(wanted, names, defaultHost),
      ...added.filter((host) => !names.includes(host.name)).map(nowhere),
    ],
  };
}

/**
 * Gives hosts the images that builds have left for them.
 *
 * @param outputs - where they lie, by the name of a folder
 * @param entries - names in `boot-media/hosts`: whoever has one there has put it there on purpose
 */
export function withOutputs(
  hosts: readonly HostEntry[],
  outputs: ReadonlyMap<HostName, string>,
  entries: ReadonlySet<string>,
): readonly HostEntry[] {
  return hosts.map((host) => {
    const image = host.image === undefined && !entries.has(host.name) ? outputs.get(host.name) : undefined;
    return image === undefined ? host : { ...host, image };
  });
}

/** Those notices that were not given before: what the operator is told once is not told again. */
export function freshNotices(before: readonly Notice[], now: readonly Notice[]): readonly Notice[] {
  const known = new Set(before.map((notice) => notice.text));
  return now.filter((notice) => !known.has(notice.text));
}

/** `serve IMAGE`: every machine is the default host. */
function oneImage(wanted: HostsWanted, path: string): HostTable {
  const ignored: Notice = {
    level: "info",
    text: `every machine gets ${path}: the hosts of the configuration do not count`,
    cure: "start without an image to serve them",
  };
  return {
    hosts: [bare(DEFAULT_ENTRY, [], wanted)],
    defaultHost: DEFAULT_ENTRY,
    places: [{ image: DEFAULT_ENTRY, path }],
    notices: wanted.hosts.length === 0 ? [] : [ignored],
  };
}

function fromEntry(entry: HostEntry, wanted: HostsWanted): Host {
  const rollout = rolloutOf(entry, wanted);
  return {
    name: entry.name,
    macs: entry.macs,
    uuids: entry.uuids,
    serials: entry.serials,
    image: entry.name,
    kernelParams: [wanted.kernelParams, entry.kernelParams ?? ""].filter((part) => part !== "").join(" "),
    onFailure: entry.onFailure ?? wanted.onFailure,
    ...((entry.checkIn ?? wanted.checkIn ?? true) ? {} : { checkIn: false }),
    ...(entry.bootProgram === undefined ? {} : { bootProgram: entry.bootProgram }),
    ...(entry.maxBytesPerSecond === undefined ? {} : { maxBytesPerSecond: entry.maxBytesPerSecond }),
    ...(entry.rpi4 === undefined ? {} : { rpi4: entry.rpi4 }),
    ...(entry.group === undefined ? {} : { group: entry.group }),
    ...(rollout === undefined ? {} : { rollout }),
  };
}

/** A machine that is not to report cannot be waited for. */
function rolloutOf(entry: HostEntry, wanted: HostsWanted): RolloutPolicy | undefined {
  const policy = entry.rollout ?? wanted.rollout;
  const reports = entry.checkIn ?? wanted.checkIn ?? true;
  return policy === undefined || reports ? policy : { ...policy, checkIn: false };
}

function bare(name: HostName, macs: readonly Mac[], wanted: HostsWanted): Host {
  return fromEntry({ name, macs, uuids: [], serials: [] }, wanted);
}

function defaultOf(wanted: HostsWanted, names: readonly string[]): HostName | undefined {
  if (wanted.unknown !== undefined && wanted.unknown !== "default") return undefined;
  if (wanted.defaultHost !== undefined) return wanted.defaultHost === false ? undefined : wanted.defaultHost;
  const there = names.includes(DEFAULT_ENTRY) || wanted.hosts.some((host) => host.name === DEFAULT_ENTRY);
  return there ? DEFAULT_ENTRY : undefined;
}

/** The hosts that exist by their entry's name alone. */
function macEntries(names: readonly string[], configured: readonly Host[], wanted: HostsWanted) {
  const taken = new Set(configured.map((host) => host.name));
  const owners = new Map(configured.flatMap((host) => host.macs.map((mac) => [mac, host.name] as const)));
  const hosts: Host[] = [];
  const notices: Notice[] = [];
  for (const name of names) {
    const mac = parseMac(name);
    if (mac === undefined || taken.has(name)) continue;
    const owner = owners.get(mac);
    if (owner === undefined) {
      hosts.push(bare(name, [mac], wanted));
      owners.set(mac, name);
    } else {
      notices.push(shadowedByHost(name, mac, owner));
    }
  }
  return { hosts, notices };
}

function shadowedByHost(name: string, mac: Mac, owner: HostName): Notice {
  return {
    level: "warn",
    text: `hosts/${name} is not used: ${mac} belongs to the host ${owner}`,
    cure: `remove hosts/${name}, or the address from the host ${owner}`,
  };
}

function shadowedByImage(hosts: readonly HostEntry[], names: readonly string[]): Notice[] {
  const there = new Set(names);
  return hosts.flatMap(({ name, image }) =>
    image === undefined || !there.has(name)
      ? []
      : [
          {
            level: "warn",
            text: `hosts/${name} is not used: the configuration gives ${name} the image ${image}`,
            cure: `remove hosts/${name}, or 'image:' of the host ${name}`,
          },
        ],
  );
}

function unowned(names: readonly string[], owned: ReadonlySet<string | undefined>): Notice[] {
  return names
    .filter((name) => !owned.has(name) && parseMac(name) === undefined)
    .map((name) =>
      isHostName(name)
        ? {
            level: "info",
            text: `hosts/${name} belongs to no machine yet`,
            cure: `give it one in mayfly.yaml, 'hosts: { ${name}: { macs: ["52:54:00:12:34:56"] } }', name the entry after the machine's MAC address, 'hosts/52-54-00-12-34-56', or say 'mayfly approve 52:54:00:12:34:56 ${name}'`,
          }
        : {
            level: "warn",
            text: `hosts/${name} cannot be the name of a host: it is not served`,
            cure: `rename it with letters, digits, '.', '_' and '-', the first one a letter or a digit`,
          },
    );
}

/** `default: NAME`, and there is no such host and no such entry yet. */
function nowhere({ name }: Host): Notice {
  return {
    level: "warn",
    text: `the default host ${name} has no image yet`,
    cure: `link one to hosts/${name}, or name another host with 'default:'`,
  };
}

/** A default that no machine gets, or one that machines should get and that is not there. */
function unusedDefault(
  { defaultHost: wanted, unknown }: HostsWanted,
  names: readonly string[],
  found: HostName | undefined,
): Notice[] {
  if (found !== undefined) return [];
  if (unknown === "default") {
    const text = "'unknown: default' has no default host to give, so unknown machines are left alone";
    return [{ level: "warn", text, cure: "link an image to hosts/default, or name a host with 'default:'" }];
  }
  const said = wanted === false ? "default: false" : `unknown: ${unknown}`;
  const what = typeof wanted === "string" ? `the default host ${wanted}` : `hosts/${DEFAULT_ENTRY}`;
  if (typeof wanted !== "string" && !names.includes(DEFAULT_ENTRY)) return [];
  return [
    {
      level: "info",
      text: `${what} is not used: the configuration says '${said}'`,
      cure: `remove '${said}' from the configuration, or ${what}`,
    },
  ];
}

/** What lies in the folder and is not meant as an image: notes, hidden files, nix's temporary links, Pi trees. */
function isNoImage(name: string): boolean {
  return (
    name.startsWith(".") || name.endsWith(".md") || name.endsWith(".rpi4") || /\.tmp-\d+-\d+$/.test(name)
  );
}
