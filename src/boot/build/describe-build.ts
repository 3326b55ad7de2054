/** Builds in words: for the log, for a terminal, and for the screen of a machine that waits. Pure. */

import { formatBytes, formatMs } from "../amount.ts";
import type { Description } from "../description.ts";
import { withoutLogin } from "../without-login.ts";
import type { Build, BuildReason, BuildUnderWay } from "./build.ts";
import type { BuildProgress } from "./progress.ts";

/** One line for what became of a build. */
export function describeBuild(change: "queued" | "began" | "moved" | "ended", build: Build): Description {
  const { host } = build;
  const installable = withoutLogin(build.installable);
  switch (change) {
    case "queued":
      return {
        level: "debug",
        text: `${host}: a build of ${installable} is wanted (${reasonText(build.reason)})`,
      };
    case "began":
      return { level: "info", text: `${host}: nix builds ${installable} (${reasonText(build.reason)})` };
    case "moved":
      return { level: "debug", text: `${host}: ${progressText(build.progress)}` };
    case "ended":
      return { level: isTrouble(build) ? "warn" : "info", text: `${host}: ${outcomeText(build)}` };
  }
}

function isTrouble({ state }: Build): boolean {
  return state === "failed" || state === "timed-out";
}

function reasonText(reason: BuildReason): string {
  switch (reason) {
    case "asked":
      return "somebody asked";
    case "schedule":
      return "by the clock";
    case "hook":
      return "its repository has changed";
    case "resumed":
      return "the server was ended during the last one";
  }
}

/** What became of a build, in a sentence without its host. */
export function outcomeText(build: Build): string {
  const { state, startMs, endMs, generation, path, trouble, cure } = build;
  const took = startMs === undefined || endMs === undefined ? "" : ` after ${formatMs(endMs - startMs)}`;
  switch (state) {
    case "waiting":
      return "waits for its turn";
    case "running":
      return progressText(build.progress);
    case "built":
      return `built ${generation ?? path ?? "it"}${took}`;
    case "cancelled":
      return `the build was called off${took}; the image stays as it was`;
    case "interrupted":
      return `the build ended with the server${took}; the image stays as it was`;
    case "failed":
    case "timed-out": {
      const why = `the build failed${took}, and the image stays as it was: ${trouble ?? "nobody knows why"}`;
      return cure === undefined ? why : `${why}; ${cure}`;
    }
  }
}

/** How far a build is: `2 of 7 built, 120 MiB of 1.2 GiB fetched, building linux-6.12.9`. */
export function progressText(progress: BuildProgress | undefined): string {
  if (progress === undefined) return "nix begins";
  const { now } = progress;
  const counted = countedText(progress);
  if (now === undefined) return counted === "" ? "nix begins" : counted;
  return counted === "" ? now : `${counted}, ${now}`;
}

function countedText({ builds, copies, downloadedBytes, expectedBytes }: BuildProgress): string {
  const bytes = expectedBytes > 0 ? `${formatBytes(downloadedBytes)} of ${formatBytes(expectedBytes)}` : "";
  return [
    builds.expected > 0 ? `${builds.done} of ${builds.expected} built` : "",
    copies.expected > 0 ? `${copies.done} of ${copies.expected} fetched` : "",
    bytes,
  ]
    .filter((part) => part !== "")
    .join(", ");
}

/** For the screen of a machine that waits for the first image of its host: a sentence. */
export function waitingText(host: string, { state, progress }: BuildUnderWay): string {
  if (state === "waiting") return `The first build of ${host} waits for its turn.`;
  const counted = progress === undefined ? "" : countedText(progress);
  return `The first build of ${host} is under way${counted === "" ? "" : `: ${counted}`}.`;
}
