/** Boots as the API has them. */

import * as z from "zod";
import { isSessionId } from "../../boot/session/session-id.ts";
import { pageFields, pageQuery } from "../paging.ts";
import { hostName, mac as readMac } from "./identity.ts";

/** An answer of more is one that whoever boots has to wait for. */
const MAX_PAGE = 250;

export const outcome = z.enum(["under-way", "handed-over", "checked-in", "failed", "turned-away"]);

const id = z.string().refine(isSessionId, "want a boot's name such as 0loyw3v28-a1b2c3");

export const sessionsQuery = pageQuery.extend({
  host: hostName.optional(),
  mac: readMac.optional(),
  outcome: outcome.optional(),
  /** Those that began before this one. */
  before: id.optional(),
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(50),
});

export const sessionParams = z.object({ id });

export const mediansQuery = z.object({
  /** Of how many boots at the most, the last ones. */
  limit: z.coerce.number().int().min(1).max(200).default(20),
});

const at = z.iso.datetime();

/** A stage as it passed; one that was gone through twice stands there twice. */
const step = z.object({
  stage: z.string(),
  start: at,
  /** Absent while it is under way. */
  end: at.optional(),
  /** Absent while it is under way. */
  durationMs: z.number().optional(),
  path: z.string().optional(),
  sizeBytes: z.int().optional(),
  /** What was sent of it so far. */
  sentBytes: z.int().optional(),
  /** How many files, or parts of one, it stands for. */
  files: z.int().optional(),
  /** How often it asked. */
  times: z.int().optional(),
  /** For how many seconds it said that it had been asking when it was heard first. */
  waitedSeconds: z.int().optional(),
  result: z.enum(["complete", "probed", "aborted", "timed-out", "stale", "failed"]).optional(),
  note: z.string().optional(),
});

const checkIn = z.object({
  at,
  /** The same moment by the node's own clock. */
  clock: at.optional(),
  system: z.string().optional(),
  /** By the name of its system. */
  nixos: z.string().optional(),
  kernel: z.string().optional(),
  uptimeMs: z.number().optional(),
  failedUnits: z.array(z.string()),
  missingMounts: z.array(z.string()),
  missingFiles: z.array(z.string()),
});

export const session = z.object({
  id: z.string(),
  mac: z.string(),
  host: z.string().optional(),
  via: z.enum(["netboot", "kexec"]),
  outcome,
  start: at,
  /** When something of it was seen last. */
  last: at,
  /** From the first packet until it had everything; absent until then. */
  fetchedAfterMs: z.number().optional(),
  address: z.string().optional(),
  /** Other servers that were heard to give it something to boot. */
  otherServers: z.array(z.string()).optional(),
  generation: z.string().optional(),
  /** How many scripts it was given: more than one when attempts have failed. */
  scripts: z.int(),
  /** All that was sent to it. */
  sentBytes: z.int(),
  arch: z.string().optional(),
  /** The last program that asked. */
  program: z.string().optional(),
  /** What else it has said of itself. */
  facts: z.record(z.string(), z.string()).optional(),
  checkIn: checkIn.optional(),
  steps: z.array(step),
});

/** Without what only one who looks closely wants to see. */
export const sessionRow = session
  .omit({ steps: true, facts: true, checkIn: true, otherServers: true })
  .extend({ /** The last one, as far as it is. */ step: step.optional() });

/** How many there are in all nobody has counted: there may be a hundred thousand. */
export const sessions = z.object({ next: pageFields.next, sessions: z.array(sessionRow) });

export const medians = z.object({
  /** Of how many boots that went well. */
  boots: z.int(),
  totalMs: z.number().optional(),
  stages: z.array(z.object({ stage: z.string(), medianMs: z.number(), boots: z.int() })),
});

/** Why a boot stands still, failed or repeats. */
export const diagnosis = z.object({
  /** docs/errors.md explains each. */
  code: z.string(),
  certainty: z.enum(["certain", "likely", "possible"]),
  what: z.string(),
  cure: z.string(),
  /** What was seen that tells so. */
  evidence: z.array(z.string()),
});

/** What a machine said while it booted. */
const consoleLine = z.object({
  /** Of those of this boot, from 1: the event `console` has the same. */
  number: z.int(),
  at,
  program: z.string().optional(),
  /** 0, an emergency, to 7, for debugging. */
  severity: z.int().optional(),
  text: z.string(),
});

/** One boot, what is wrong with it, what it said, and what the earlier ones of its host took. */
export const sessionDetail = session.extend({
  medians,
  diagnoses: z.array(diagnosis),
  /** The last lines, where the server receives them (`syslog`). */
  console: z.array(consoleLine),
});

export const stagesQuery = z.object({
  /** So far back. */
  minutes: z.coerce.number().int().min(1).max(180).default(15),
});

/** Which stages boots have gone through lately, in short: for a picture of many at once. */
export const stages = z.object({
  from: at,
  /** There were more, of which the oldest are left out. */
  isCut: z.boolean(),
  boots: z.array(
    session
      .pick({ id: true, outcome: true, start: true, last: true })
      .extend({ steps: z.array(step.pick({ stage: true, start: true, end: true })) }),
  ),
});

export const bootTimesQuery = z.object({
  /** So far back. */
  weeks: z.coerce.number().int().min(1).max(52).default(8),
});

/** How long the boots of a host took, in short: for a picture over weeks. */
export const bootTimes = z.object({
  from: at,
  /** There were more, of which the oldest are left out. */
  isCut: z.boolean(),
  /** The last one first. */
  boots: z.array(session.pick({ id: true, outcome: true, start: true, fetchedAfterMs: true })),
});

export type BootTimesView = z.infer<typeof bootTimes>;
export type StagesView = z.infer<typeof stages>;
export type SessionView = z.infer<typeof session>;
export type SessionsPage = z.infer<typeof sessions>;
export type SessionRow = z.infer<typeof sessionRow>;
export type SessionDetail = z.infer<typeof sessionDetail>;
export type ConsoleLineView = z.infer<typeof consoleLine>;
export type DiagnosisView = z.infer<typeof diagnosis>;
export type StepView = z.infer<typeof step>;
export type MediansView = z.infer<typeof medians>;
