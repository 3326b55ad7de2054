/** Checks what was read against the definition: every mistake at once, each in words with its place. */

import type * as z from "zod";
import { parseMac } from "../wire/net/mac.ts";
import { likelyWord } from "./likely.ts";
import { formatPath, type Mistake, quote } from "./mistake.ts";
import { HOST_KEYS, type RawConfig, rawConfig, TOP_KEYS } from "./raw.ts";
import { parseUuid } from "./values.ts";

/** Where values stand and how they were written; a file's YAML tree, or a flag or variable. */
export interface Origin {
  placeOf(path: readonly PropertyKey[]): string;
  readAt(path: readonly PropertyKey[]): string;
  /** Whether places have keys of their own: a flag and a variable say all by their name. */
  readonly hasKeys: boolean;
}

export interface Checked {
  /** Absent as soon as there is a mistake. */
  readonly config?: RawConfig;
  readonly mistakes: readonly Mistake[];
}

/** What a configuration file says; with a mistake, only what could be read. */
export interface ConfigFile {
  readonly config: RawConfig;
  readonly mistakes: readonly Mistake[];
}

/** Checks one source's values by themselves. */
export function checkRaw(value: unknown, origin: Origin): Checked {
  const result = rawConfig.safeParse(value);
  const shape = result.success ? [] : result.error.issues.flatMap((issue) => fromIssue(issue, [], origin));
  const mistakes = [...oncePerPlace(shape), ...sharedIdentities(value, origin)];
  return result.success && mistakes.length === 0 ? { config: result.data, mistakes } : { mistakes };
}

/** A value that breaks two rules is one mistake: the words say all that is wanted. */
function oncePerPlace(mistakes: readonly Mistake[]): Mistake[] {
  const seen = new Set<string>();
  return mistakes.filter((each) => {
    const id = `${each.place} ${each.key} ${each.read}`;
    return seen.has(id) ? false : seen.add(id);
  });
}

function fromIssue(issue: z.core.$ZodIssue, around: readonly PropertyKey[], origin: Origin): Mistake[] {
  const path = [...around, ...issue.path];
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => unknownKey([...path, key], key, origin));
  }
  if (issue.code === "invalid_key") {
    return [
      mistakeAt(path, `the name ${quote(String(path.at(-1)))}`, issue.issues[0]?.message ?? "", origin),
    ];
  }
  if (issue.code === "invalid_union") {
    // The branch that got further into the value is the one that was meant.
    const meant = issue.errors.find((branch) => branch.some((each) => each.path.length > 0));
    if (meant !== undefined) return meant.flatMap((each) => fromIssue(each, path, origin));
  }
  return [mistakeAt(path, origin.readAt(path), issue.message, origin)];
}

function mistakeAt(path: readonly PropertyKey[], read: string, want: string, origin: Origin): Mistake {
  const key = origin.hasKeys && path.length > 0 ? { key: formatPath(path) } : {};
  return { place: origin.placeOf(path), ...key, read, want };
}

function unknownKey(path: readonly PropertyKey[], key: string, origin: Origin): Mistake {
  const isHost = path.length === 3;
  const known: readonly string[] = isHost ? HOST_KEYS : TOP_KEYS;
  const likely = likelyWord(key, known);
  const elsewhere =
    !isHost && HOST_KEYS.includes(key) ? "it below a host: 'hosts: { NAME: { … } }'" : undefined;
  const want = elsewhere ?? (likely === undefined ? `one of ${known.join(", ")}` : `'${likely}'`);
  return mistakeAt(path, `the key ${quote(key)}`, want, origin);
}

/** The lists by which a machine is known, and the one spelling by which they are compared. */
const IDENTITIES = [
  { list: "macs", name: "MAC address", normal: parseMac },
  { list: "uuids", name: "UUID", normal: parseUuid },
  { list: "serials", name: "serial number", normal: (text: string) => text },
] as const;

interface Owner {
  readonly host: string;
  readonly path: readonly PropertyKey[];
}

/** Looks at whatever can be read, so that it tells even where another mistake stands beside it. */
function sharedIdentities(value: unknown, origin: Origin): Mistake[] {
  const hosts = entriesOf(field(value, "hosts"));
  return IDENTITIES.flatMap(({ list, name, normal }) => {
    const owners = new Map<string, Owner>();
    return hosts.flatMap(([host, keys]) => {
      const items = field(keys, list);
      const named = list === "macs" ? normal(host) : undefined;
      if (named !== undefined) claim(owners, named, { host, path: ["hosts", host] });
      return (Array.isArray(items) ? items : []).flatMap((item, index) => {
        const path = ["hosts", host, list, index];
        const id = typeof item === "string" ? normal(item) : undefined;
        if (id === undefined || id === named) return [];
        const other = claim(owners, id, { host, path });
        if (other === undefined) return [];
        const whose = other.host === host ? "this host has already" : `the host '${other.host}' has`;
        return [
          mistakeAt(
            path,
            origin.readAt(path),
            `a ${name} that no other has: ${whose} it (${origin.placeOf(other.path)})`,
            origin,
          ),
        ];
      });
    });
  });
}

/** Gives the owner that was there first, if any. */
function claim(owners: Map<string, Owner>, id: string, owner: Owner): Owner | undefined {
  const first = owners.get(id);
  if (first === undefined) owners.set(id, owner);
  return first;
}

function field(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}

function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
}
