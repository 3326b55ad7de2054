/** The noun `build`: nix at work on the image of one host, from its being wanted to its end. */

import type { GenerationId } from "../generation.ts";
import type { HostName } from "../host.ts";
import type { BuildProgress } from "./progress.ts";
import type { BuildSchedule } from "./schedule.ts";

/** Names a build, for ever; of two of one host the one that was wanted later sorts later. */
export type BuildId = string;

/** Who wanted it: a person or a program, the clock, a forge, or the server that was stopped during it. */
export type BuildReason = "asked" | "schedule" | "hook" | "resumed";

/**
 * How it stands.
 *
 * - `waiting`: others go first
 * - `running`
 * - `built`: its result is linked in the place of the host's image
 * - `failed`: nix said no, or did not run; the image is as it was
 * - `timed-out`: it took longer than `timeLimitMinutes`, and was stopped
 * - `cancelled`: somebody called it off
 * - `interrupted`: the server ended under it
 */
export type BuildState =
  | "waiting"
  | "running"
  | "built"
  | "failed"
  | "timed-out"
  | "cancelled"
  | "interrupted";

/** One build, as it is kept. */
export interface Build {
  readonly id: BuildId;
  readonly host: HostName;
  /** What nix is asked for: `github:owner/repo#beta`. */
  readonly installable: string;
  readonly reason: BuildReason;
  readonly state: BuildState;
  /** Milliseconds since the epoch. */
  readonly queuedMs: number;
  /** Absent until nix runs. */
  readonly startMs?: number;
  /** Absent until it is over. */
  readonly endMs?: number;
  /** While it runs, and as it was at the end. */
  readonly progress?: BuildProgress;
  /** Of one that was built: the store path, and the generation that it is. */
  readonly path?: string;
  readonly generation?: GenerationId;
  /** Why it was not, in a sentence, and what to do about it. */
  readonly trouble?: string;
  readonly cure?: string;
  /** The end of what nix and its builders said; at most {@link LOG_LINES} lines. */
  readonly log: readonly string[];
}

/** A host that can be built: what from, and where the result goes. */
export interface BuildTarget {
  readonly host: HostName;
  readonly installable: string;
  /** The link that nix makes; absolute. */
  readonly outLink: string;
}

/** Whether a build was taken on. */
export type BuildVerdict =
  | { readonly type: "taken"; readonly build: Build }
  /** One that will do waits already, or runs. */
  | { readonly type: "joined"; readonly build: Build }
  | { readonly type: "refused"; readonly reason: string; readonly cure: string };

/** How hosts are built, whatever host it is. */
export interface BuildSettings {
  /** The program: a name to look up, or an absolute path. */
  readonly nix: string;
  /** Absent: only when somebody asks. */
  readonly schedule?: BuildSchedule;
  /** How many at once, at least 1. */
  readonly parallel: number;
  /** Handed to `nix build` before the installable. */
  readonly args: readonly string[];
  readonly timeLimitMs: number;
  /** The file with the secret that forges sign their hooks by; absolute. Absent: there are no hooks. */
  readonly hookSecretFile?: string;
}

/** What is built for a host now, or was in vain, as the decisions see it. */
export type BuildStatus = BuildUnderWay | FailedBuild;

/** A build that is not over. */
export interface BuildUnderWay {
  readonly state: "waiting" | "running";
  /** Absent while nix has not said anything. */
  readonly progress?: BuildProgress;
}

/** The last build of a host, where it did not go well. */
export interface FailedBuild {
  readonly state: "failed";
  /** In a sentence. */
  readonly trouble: string;
}

/** How much of the end of a log is kept. */
export const LOG_LINES = 50;
/** And how much of each of its lines. */
export const LOG_LINE_CHARS = 400;
/** So many builds of a host are kept. */
export const BUILDS_KEPT = 20;

/** Whether nothing more will become of it. */
export function isOver({ state }: Pick<Build, "state">): boolean {
  return state !== "waiting" && state !== "running";
}

/** Adds to the end of a log, and lets go of its beginning. */
export function withLine(log: readonly string[], text: string): readonly string[] {
  const lines = text
    .split("\n")
    .map((line) => (line.length > LOG_LINE_CHARS ? `${line.slice(0, LOG_LINE_CHARS - 1)}…` : line));
  return [...log, ...lines].slice(-LOG_LINES);
}
