/** Checks what was read against the definition: every mistake at once, each in words with its place. */

import type * as z from "zod";
import { checkGroups } from "./check-groups.ts";
import { sharedIdentities } from "./check-identities.ts";
import { checkNames } from "./check-names.ts";
import { checkSubnets } from "./check-subnets.ts";
import { likelyWord } from "./likely.ts";
import { type Mistake, quote } from "./mistake.ts";
import { mistakeAt, type Origin } from "./origin.ts";
import { HOST_KEYS, type RawConfig, rawConfig, TOP_KEYS } from "./raw.ts";
import { BUILD_KEYS } from "./raw-build.ts";
import { NOTIFY_KEYS } from "./raw-notify.ts";
import { GROUP_KEYS, ROLLOUT_KEYS } from "./raw-rollout.ts";
import { RESERVATION_KEYS, SUBNET_KEYS } from "./raw-subnet.ts";
import { TRACE_KEYS } from "./raw-traces.ts";

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
  const mistakes = [
    ...oncePerPlace(shape),
    ...sharedIdentities(value, origin),
    ...checkNames(value, origin),
    ...checkGroups(value, origin),
    ...checkSubnets(value, origin),
  ];
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
    const name = quote(String(path.at(-1)));
    const read = path[0] === "hosts" && path.length === 2 ? `the name ${name}` : `the key ${name}`;
    return [mistakeAt(path, issue.issues[0]?.message ?? "", origin, read)];
  }
  if (issue.code === "invalid_union") {
    // The branch that got further into the value is the one that was meant.
    const meant = issue.errors.find((branch) => branch.some((each) => each.path.length > 0));
    if (meant !== undefined) return meant.flatMap((each) => fromIssue(each, path, origin));
  }
  return [mistakeAt(path, issue.message, origin)];
}

function unknownKey(path: readonly PropertyKey[], key: string, origin: Origin): Mistake {
  const known = knownKeys(path);
  const likely = likelyWord(key, known);
  const elsewhere =
    known === TOP_KEYS && HOST_KEYS.includes(key) ? "it below a host: 'hosts: { NAME: { … } }'" : undefined;
  const want = elsewhere ?? (likely === undefined ? `one of ${known.join(", ")}` : `'${likely}'`);
  return mistakeAt(path, want, origin, `the key ${quote(key)}`);
}

/** The keys that may stand where this one does. */
function knownKeys(path: readonly PropertyKey[]): readonly string[] {
  const [top, , third, ...deeper] = path;
  const isRollout = top === "rollout" || (third === "rollout" && deeper.length > 0);
  if (isRollout) return ROLLOUT_KEYS;
  if (top === "hosts") return HOST_KEYS;
  if (top === "groups") return GROUP_KEYS;
  if (top === "build") return BUILD_KEYS;
  if (top === "notify") return NOTIFY_KEYS;
  if (top === "traces") return TRACE_KEYS;
  if (top === "subnets") return deeper.length === 0 ? SUBNET_KEYS : RESERVATION_KEYS;
  return TOP_KEYS;
}
