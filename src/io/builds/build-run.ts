/** One build from nix's beginning to its end: what it says becomes progress, and the end of its log is kept. */

import { type Build, type BuildSettings, type BuildTarget, withLine } from "../../boot/build/build.ts";
import type { RunEnd } from "../../boot/build/end.ts";
import { logText, NO_PROGRESS, type ProgressState, progressStep } from "../../boot/build/progress.ts";
import type { StopReason } from "../../boot/build/queue.ts";
import { withoutLogin } from "../../boot/without-login.ts";
import { parseNixLogLine } from "../../wire/nix/log-line.ts";
import { preparePlace, readLink } from "./build-place.ts";
import { findNix, type NixProcess, runNix } from "./nix-process.ts";

/** What can be built, and how. */
export interface BuildsConfig {
  readonly settings: BuildSettings;
  readonly targets: readonly BuildTarget[];
}

/** A build that is not over. */
export interface OpenBuild {
  build: Build;
  progress: ProgressState;
  errors: readonly string[];
  /** Why it is to end. */
  stopped: StopReason | undefined;
  process: NixProcess | undefined;
  /** When it was told of last, by a clock that only goes forward. */
  toldMs: number;
  /** Will tell of it. */
  telling: NodeJS.Timeout | undefined;
}

export interface RunListener {
  readonly cacheFolder: string;
  /** nix has said something. */
  onMoved(): void;
  onTimeout(): void;
}

const MAX_ERRORS = 20;

/** A build that waits. */
export function openBuild(build: Build): OpenBuild {
  const later = {
    stopped: undefined,
    process: undefined,
    telling: undefined,
    toldMs: Number.NEGATIVE_INFINITY,
  };
  return { build, progress: NO_PROGRESS, errors: [], ...later };
}

/** Runs nix, and gives how it ended. */
export async function runBuild(
  open: OpenBuild,
  { settings, targets }: BuildsConfig,
  listener: RunListener,
): Promise<Omit<RunEnd, "timeLimitMs" | "nowMs">> {
  const { nix, timeLimitMs, args } = settings;
  const { host, installable } = open.build;
  const target = targets.find((each) => each.host === host);
  if (target === undefined) return { nix, errors: [`${host} has no flake in the configuration any more`] };
  const program = findNix(nix);
  if (program === undefined) return { nix, code: 127, errors: [] };
  const { outLink } = target;
  const problem = await preparePlace(outLink);
  if (problem !== undefined) return { nix, errors: [problem] };
  if (open.stopped !== undefined) return { nix, errors: [], stopped: open.stopped };
  const onLine = (line: string) => {
    if (heard(open, line)) listener.onMoved();
  };
  open.process = runNix({
    ...{ nix: program, installable, outLink, args, onLine },
    cacheFolder: listener.cacheFolder,
  });
  const limit = setTimeout(() => listener.onTimeout(), timeLimitMs);
  const { code } = await open.process.ended;
  clearTimeout(limit);
  const linked = code === 0 ? await readLink(outLink) : undefined;
  return {
    ...{ nix: program, errors: open.errors },
    ...(code === undefined ? {} : { code }),
    ...(open.stopped === undefined ? {} : { stopped: open.stopped }),
    ...(linked === undefined ? {} : { linked }),
  };
}

/** Takes a line into account; whether it said anything. */
function heard(open: OpenBuild, text: string): boolean {
  const line = parseNixLogLine(withoutLogin(text));
  if (line === undefined) return false;
  const logged = logText(open.progress, line);
  open.progress = progressStep(open.progress, line);
  if (line.type === "message" && line.level === "error" && open.errors.length < MAX_ERRORS)
    open.errors = [...open.errors, line.text];
  open.build = {
    ...open.build,
    progress: open.progress.progress,
    ...(logged === undefined ? {} : { log: withLine(open.build.log, logged) }),
  };
  return true;
}
