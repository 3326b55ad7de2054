/** Whether a system that asks for its address is the one that was booted, or another one from the machine's disk. */

import { MAX_ATTEMPTS } from "../script/script.ts";
import { isWhole } from "./boot-files.ts";
import { hasReached, isFetching, type LiveSession } from "./live-session.ts";
import type { Session, SessionStep } from "./session.ts";

/** Within that time of its hand-over a system asks for its address; later it renews it, which is no news. */
const KERNEL_MS = 15 * 60_000;
/** A kernel asks again when nobody answers, and the system that it starts asks once more. */
const KERNEL_AGAIN_MS = 60_000;

/**
 * Whether it is the booted system that asks, as far as can be seen.
 *
 * Of files of which it has fetched nothing here there may be a copy in a cache between us; one that it tried
 * to fetch here and did not get is in none.
 */
export function isBooted(live: LiveSession, atMs: number): boolean {
  const { session, wanted } = live;
  const last = session.steps.at(-1);
  if (last?.stage === "kernel-dhcp") return atMs - (last.endMs ?? atMs) <= KERNEL_AGAIN_MS;
  if (session.outcome === "handed-over") return atMs - session.lastMs <= KERNEL_MS;
  return (
    session.outcome === "under-way" &&
    session.generation !== undefined &&
    hasReached(live, "script") &&
    !isFetching(live) &&
    !hasGivenUp(session) &&
    !lacksFile(live) &&
    wanted.every((each) => isWhole(each) || each.have.length === 0)
  );
}

/** Whether any file of its image was sent since its script: of a boot from a cache, or of none, there was not. */
export function hasFetched(session: Session): boolean {
  return filesOf(session).some(({ sentBytes = 0 }) => sentBytes > 0);
}

/** A script whose files come from a cache is not asked for again; the last of ours goes on to the disk. */
function hasGivenUp(session: Session): boolean {
  return session.scripts >= MAX_ATTEMPTS && !hasFetched(session);
}

/** Whether it went for a file of its image and did not get it. */
function lacksFile({ session, wanted }: LiveSession): boolean {
  const files = filesOf(session);
  // Where nobody knows what it needs, it may do without one; not without the last.
  if (wanted.length === 0) return files.slice(-1).some(isLost);
  const lost = files.filter(
    (step) => isLost(step) && files.findLast(({ path }) => path === step.path) === step,
  );
  return lost.some(({ stage }) => wanted.some((each) => each.stage === stage && !isWhole(each)));
}

/** What it fetched, or tried to, since its last script. */
function filesOf({ steps }: Session): readonly SessionStep[] {
  const script = steps.findLastIndex(({ stage }) => stage === "script");
  return steps
    .slice(script + 1)
    .filter(({ stage }) => stage === "kernel" || stage === "initrd" || stage === "image");
}

function isLost({ result, blocks, sizeBytes = 0, sentBytes = 0 }: SessionStep): boolean {
  // Its word that it has the last block may be what got lost, and it says that once.
  if (result === "timed-out" && blocks !== undefined && sizeBytes - sentBytes <= blocks.sizeBytes)
    return false;
  return result !== undefined && result !== "complete" && result !== "probed";
}
