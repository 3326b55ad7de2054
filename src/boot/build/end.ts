/** What a build is once nix has ended. Pure. */

import type { GenerationId } from "../generation.ts";
import { withoutLogin } from "../without-login.ts";
import type { Build } from "./build.ts";
import { explainFailure, type NixEnd } from "./failure.ts";
import type { StopReason } from "./queue.ts";

/** What nix left: the store path that its link leads to, and the generation that this is. */
export interface Linked {
  readonly path: string;
  readonly generation?: GenerationId;
}

export interface RunEnd extends Omit<NixEnd, "host" | "installable"> {
  /** Why it was told to end, if it was. */
  readonly stopped?: StopReason;
  /** Absent where there is no link to a store path. */
  readonly linked?: Linked;
  readonly timeLimitMs: number;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
}

const MS_PER_MINUTE = 60_000;

/** The build as it is in the end. */
export function endBuild(build: Build, end: RunEnd): Build {
  const over = { ...build, endMs: end.nowMs };
  const { code, stopped, linked, timeLimitMs } = end;
  const { host } = build;
  // What is said of it may come to a screen.
  const installable = withoutLogin(build.installable);
  // One that was done before it heard that it should stop is done.
  if (code === 0 && linked !== undefined) return { ...over, state: "built", ...linked };
  if (code === 0) {
    return {
      ...over,
      state: "failed",
      trouble: `nix built ${installable}, and made no link to it`,
      cure: "name an attribute whose default output is the image: config.system.build.kexecTree",
    };
  }
  if (stopped === "timed-out") {
    return {
      ...over,
      state: stopped,
      trouble: `it was not done after ${timeLimitMs / MS_PER_MINUTE} minutes and was stopped`,
      cure: "raise 'timeLimitMinutes' in 'build:', or give nix more builders",
    };
  }
  if (stopped !== undefined) return { ...over, state: stopped };
  return { ...over, state: "failed", ...explainFailure({ ...end, host, installable }) };
}
