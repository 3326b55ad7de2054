/** Builds as the API shows them. */

import * as z from "zod";
import { pageFields, pageQuery } from "../paging.ts";
import { hostName } from "./identity.ts";

const counted = z.object({ done: z.number(), expected: z.number() });

/** How far a build is. */
const progress = z.object({
  builds: counted,
  copies: counted,
  downloadedBytes: z.number(),
  /** 0 while nobody knows. */
  expectedBytes: z.number(),
  /** What nix does now. */
  now: z.string().optional(),
});

export const build = z.object({
  id: z.string(),
  host: z.string(),
  /** What nix is asked for. */
  installable: z.string(),
  reason: z.enum(["asked", "schedule", "hook", "resumed"]),
  state: z.enum(["waiting", "running", "built", "failed", "timed-out", "cancelled", "interrupted"]),
  queued: z.iso.datetime(),
  start: z.iso.datetime().optional(),
  end: z.iso.datetime().optional(),
  progress: progress.optional(),
  /** The store path that was built, and the generation that it is. */
  path: z.string().optional(),
  generation: z.string().optional(),
  /** Why it failed, and what to do about it. */
  trouble: z.string().optional(),
  cure: z.string().optional(),
  /** The end of what nix and its builders said. */
  log: z.array(z.string()),
  /** All of it in a sentence. */
  text: z.string(),
});

const plan = z.object({
  host: z.string(),
  installable: z.string(),
  /** When the clock has it built next. */
  next: z.iso.datetime().optional(),
  last: build.optional(),
});

/** Every host that has a flake. */
export const plans = z.object({ ...pageFields, hosts: z.array(plan) });

export const builds = z.object({ builds: z.array(build) });

export const buildBody = z.strictObject({}).default({});

export const plansQuery = pageQuery.extend({
  /** Only this one. */
  host: hostName.optional(),
});

export const buildsQuery = z.object({ limit: z.coerce.number().int().min(1).max(100).default(20) });

export const wanted = z.object({
  /** Whether it is a new one; else one that will do waits already, or runs. */
  isNew: z.boolean(),
  build,
});

/** What became of a forge's hook. */
export const hooked = z.object({
  /** The hosts that are built for it. */
  hosts: z.array(z.string()),
  /** Why there are none. */
  note: z.string().optional(),
});

export type BuildView = z.infer<typeof build>;
export type PlanView = z.infer<typeof plan>;
