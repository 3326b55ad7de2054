/** A boot as it lies before whoever is to say what is wrong with it, and the questions that all rules ask of it. */

import type { Ipv4 } from "../../wire/net/ipv4.ts";
import { formatBytes } from "../amount.ts";
import type { Generation } from "../generation.ts";
import type { Session, SessionStage, SessionStep } from "../session/session.ts";
import { SERVER_STOPPED } from "../session/session-begin.ts";

export interface Case {
  readonly session: Session;
  /** Boots of the same machine before this one, the latest first. */
  readonly earlier: readonly Session[];
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
  /** Since when this server runs: before that no machine could be heard. Absent: since before the boot. */
  readonly runsSinceMs?: number;
  /** What it boots, as far as that is still known. */
  readonly generation?: Generation;
  /** How long what was booted has to report; absent: nobody expects it to. */
  readonly checkInWithinMs?: number;
  /** Other servers that were heard to offer this machine something to boot. */
  readonly otherServers?: readonly Ipv4[];
  /** Whether we give the addresses. */
  readonly givesAddresses?: boolean;
  /** Whether other machines on the network were heard to get theirs lately. */
  readonly othersGetAddresses?: boolean;
}

/**
 * How long the machine may stay at its last step before it stands still, in milliseconds.
 *
 * Firmware waits for an address for up to a minute and a boot program takes seconds to start; whatever is
 * slower than this is something that a person would look at too.
 */
const PATIENCE_MS = 45_000;

/** Whether the boot has come to nothing, or has not come on for a while. What is being sent comes on. */
export function isStuck({ session, nowMs, runsSinceMs = 0 }: Case): boolean {
  if (session.outcome === "failed" || session.outcome === "turned-away") return true;
  if (session.outcome !== "under-way" || session.steps.some(({ endMs }) => endMs === undefined)) return false;
  const last = session.steps.at(-1);
  return last !== undefined && nowMs - Math.max(standsSince(session, last), runsSinceMs) >= PATIENCE_MS;
}

/** How long nothing was heard of the machine while we were there to hear it, in milliseconds. */
export function quietMs({ session, nowMs, runsSinceMs = 0 }: Case): number {
  return nowMs - Math.max(session.lastMs, runsSinceMs);
}

/** Who asks for an address on and on stands still since it began to; a file may have taken long to be fetched. */
function standsSince({ lastMs }: Session, { stage, startMs }: SessionStep): number {
  return stage.endsWith("-dhcp") ? startMs : lastMs;
}

export function lastStep({ session }: Case): SessionStep | undefined {
  return session.steps.at(-1);
}

export function stepsOf({ session }: Case, ...stages: readonly SessionStage[]): readonly SessionStep[] {
  return session.steps.filter(({ stage }) => stages.includes(stage));
}

/** The first step at which something went wrong with a file, of those that nothing came after which went well. */
export function brokenTransfer({ session }: Case): SessionStep | undefined {
  const last = session.steps.findLast(({ path }) => path !== undefined);
  return last?.result === undefined || last.result === "complete" || last.result === "probed"
    ? undefined
    : last;
}

/** Whether a file did not arrive for a reason at our end: neither the machine nor its cable has a part in it. */
export function isOurs({ result, note }: SessionStep): boolean {
  return result === "failed" || note === SERVER_STOPPED;
}

const MS_PER_DAY = 86_400_000;

/** A step as a line of evidence: `03:12:05 firmware-dhcp, 4 times`. */
export function evidenceOf(step: SessionStep): string {
  const { stage, startMs, times, waitedSeconds, path, sentBytes, sizeBytes, result, note, blocks } = step;
  const parts = [
    `${formatClock(startMs)} ${stage}${path === undefined ? "" : ` ${path}`}`,
    times === undefined ? "" : `${times} times`,
    waitedSeconds === undefined ? "" : `it had asked for ${waitedSeconds} s then`,
    result === undefined
      ? ""
      : `${result} after ${formatBytes(sentBytes ?? 0)} of ${formatBytes(sizeBytes ?? 0)}`,
    blocks === undefined ? "" : blocksText(blocks),
    note ?? "",
  ];
  return parts.filter((part) => part !== "").join(", ");
}

function blocksText({ sizeBytes, acked }: NonNullable<SessionStep["blocks"]>): string {
  if (acked < 0) return "not one answer acknowledged";
  const unit = acked === 1 ? "block" : "blocks";
  return `${acked === 0 ? "no" : acked} ${unit} of ${sizeBytes} bytes acknowledged`;
}

/** The time of day, UTC. */
export function formatClock(ms: number): string {
  const seconds = Math.floor((ms % MS_PER_DAY) / 1000);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}
