/** Rollouts as the API shows them, and what may be wanted of them. */

import * as z from "zod";
import { pageFields, pageQuery } from "../paging.ts";
import { hostName, mac } from "./identity.ts";

export const targetParams = z.object({ name: hostName });

/** A number as `mayfly generations` has it, an id, or the beginning of one. */
const generation = z
  .union([z.string(), z.int().min(1)])
  .transform(String)
  .refine((text) => text !== "" && text.length <= 255, "want the number or the id of a generation");

export const rolloutsQuery = pageQuery.extend({
  /** Only those that are under way or held; of a group all hosts. */
  open: z.literal("true").optional(),
});

export const wantedGeneration = z.strictObject({ generation: generation.optional() }).default({});

export const nothingMore = z.strictObject({}).default({});

/** `mac` absent: the first machine of the host that asks. */
export const onceBody = z.strictObject({ generation, mac: mac.optional() });
export const onceQuery = z.object({ mac: mac.optional() });

const bad = z.object({ generation: z.string(), reason: z.string(), at: z.iso.datetime() });

/** A machine with a generation that is not proven yet. */
const trial = z.object({
  mac: z.string(),
  generation: z.string(),
  /** `canary`: it is one of the first. */
  place: z.enum(["canary", "all", "once"]),
  state: z.enum(["reserved", "given", "handed-over", "back", "good"]),
  /** How often it began anew without having come up. */
  strikes: z.int(),
  since: z.iso.datetime(),
});

const once = z.object({ generation: z.string(), mac: z.string().optional(), taken: z.boolean() });

export const rollout = z.object({
  host: z.string(),
  group: z.string().optional(),
  strategy: z.enum(["all", "canary", "window", "manual"]),
  /** What a machine that nothing is known of gets when it boots now. */
  gives: z.string().optional(),
  /** Why that is not the newest, where it is not. */
  because: z.string().optional(),
  newest: z.string().optional(),
  candidate: z.string().optional(),
  /** What the candidate waits for, for a machine that has no place yet. */
  waitsFor: z.enum(["canary", "window", "manual", "held", "unkept"]).optional(),
  /** With `canary`: how many machines of the host, or of its group, try it first. */
  canaries: z.int().optional(),
  /** What everybody got, the last one being what everybody gets. */
  settled: z.array(z.string()),
  /** Whether a machine has come up with the last of them. */
  isProven: z.boolean(),
  bad: z.array(bad),
  pin: z.string().optional(),
  held: z.boolean(),
  /** Whose hold that is, and who is released to end it: the host alone, its group, or both. */
  heldBy: z.array(z.enum(["host", "group"])),
  trials: z.array(trial),
  once: z.array(once),
});

/** A host that does not get what was just published for it. */
export const heldBack = rollout.pick({
  host: true,
  gives: true,
  because: true,
  waitsFor: true,
  canaries: true,
});

/** Of one host, or of all hosts of a group. */
export const rollouts = z.object({ rollouts: z.array(rollout) });

/** Of every host. */
export const rolloutPage = rollouts.extend(pageFields);

export type HeldBackView = z.infer<typeof heldBack>;
export type RolloutView = z.infer<typeof rollout>;
