/**
 * A boot as a trace: the boot is its root, each stage a span below it, what is wrong an event of the root.
 *
 * The ids follow from the session's own id alone, so that whoever knows that one can join the trace, and a
 * boot that is told of twice is the same one.
 */

import type { Attributes, AttributeValue, Span, SpanEvent, SpanStatus } from "../../wire/otlp/span.ts";
import { archRow } from "../arch.ts";
import type { Diagnosis } from "../diagnosis/diagnosis.ts";
import { isWell } from "../session/check-in.ts";
import type { Session, SessionId, SessionStep } from "../session/session.ts";

/** What the mapping needs and cannot do by itself. */
export interface TraceMeans {
  /** SHA-256 of a text's UTF-8, as 64 hex digits in lower case. */
  digest(text: string): string;
  /** Takes out of a text what lets its reader do something. */
  clean(text: string): string;
}

/** The ids of a boot's trace: the digest's first half, and the sixteen digits behind it for the root. */
export function traceIdsOf(
  id: SessionId,
  { digest }: Pick<TraceMeans, "digest">,
): Pick<Span, "traceId" | "spanId"> {
  const hex = digest(id);
  return { traceId: hex.slice(0, 32), spanId: hex.slice(32, 48) };
}

/** Every span of a boot, the root first. */
export function traceOf(
  session: Session,
  diagnoses: readonly Diagnosis[],
  means: TraceMeans,
): readonly Span[] {
  const { id, startMs } = session;
  const endMs = endOf(session);
  const status = statusOf(session, diagnoses, means);
  const root: Span = {
    ...traceIdsOf(id, means),
    name: "boot",
    ...{ startMs, endMs },
    attributes: bootAttributes(session, means),
    events: diagnoses.map((each) => diagnosisEvent(each, endMs, means)),
    ...(status === undefined ? {} : { status }),
  };
  return [root, ...session.steps.map((step, index) => stepSpan(step, String(index), session, means))];
}

/** The check-in of a boot whose other spans have been told already; none where there is no such stage. */
export function lateCheckIn(session: Session, means: TraceMeans): readonly Span[] {
  const step = session.steps.findLast(({ stage }) => stage === "check-in");
  return step === undefined ? [] : [stepSpan(step, "late", session, means)];
}

/** What is still being fetched lasts as long as anything was heard of it. */
function endOf({ startMs, lastMs, steps }: Session): number {
  return Math.max(startMs, lastMs, ...steps.map((step) => step.endMs ?? step.startMs));
}

function stepSpan(step: SessionStep, place: string, session: Session, means: TraceMeans): Span {
  const { traceId, spanId: parentSpanId } = traceIdsOf(session.id, means);
  const { stage, startMs, endMs } = step;
  const status = stepStatus(step, means);
  return {
    traceId,
    spanId: means.digest(`${session.id}/${place}`).slice(0, 16),
    parentSpanId,
    name: stage,
    startMs,
    endMs: Math.max(startMs, endMs ?? session.lastMs),
    attributes: {
      ...present({
        "mayfly.path": step.path && means.clean(step.path),
        "mayfly.size_bytes": step.sizeBytes,
        "mayfly.sent_bytes": step.sentBytes,
        "mayfly.files": step.files,
        "mayfly.result": step.result,
        "mayfly.times": step.times,
        "mayfly.waited_seconds": step.waitedSeconds,
        "mayfly.tftp.block_bytes": step.blocks?.sizeBytes,
        "mayfly.tftp.blocks_acked": step.blocks?.acked,
        "mayfly.note": step.note && means.clean(step.note),
      }),
      ...(stage === "check-in" ? checkInAttributes(session) : {}),
    },
    events: [],
    ...(status === undefined ? {} : { status }),
  };
}

/** Firmware breaks off on purpose, to learn a size; these ends nobody wants. */
const BAD_RESULTS: ReadonlySet<string> = new Set(["timed-out", "stale", "failed"]);

function stepStatus({ result, note }: SessionStep, { clean }: TraceMeans): SpanStatus | undefined {
  if (result === undefined || !BAD_RESULTS.has(result)) return undefined;
  return { type: "error", message: note === undefined ? result : clean(note) };
}

function statusOf(
  { outcome, host }: Session,
  [first]: readonly Diagnosis[],
  { clean }: TraceMeans,
): SpanStatus | undefined {
  switch (outcome) {
    case "checked-in":
      return { type: "ok" };
    case "failed":
      return { type: "error", message: first === undefined ? "it stopped" : clean(first.what) };
    case "turned-away":
      // A stranger that is told that there is nothing for it is in order; a host that is not.
      if (host === undefined) return undefined;
      return { type: "error", message: first === undefined ? "there is nothing for it" : clean(first.what) };
    case "handed-over":
      // Nobody expects it to say that it is up, or it did not.
      return first === undefined ? undefined : { type: "error", message: clean(first.what) };
    case "under-way":
      return undefined;
  }
}

function bootAttributes(session: Session, { clean }: TraceMeans): Attributes {
  const { id, mac, host, via, outcome, client, address, generation, bootId, scripts, steps } = session;
  const facts = Object.entries(client?.facts ?? {});
  return present({
    "mayfly.session": id,
    "mayfly.mac": mac,
    "mayfly.host": host,
    "mayfly.via": via,
    "mayfly.outcome": outcome,
    "mayfly.generation": generation,
    "mayfly.boot": bootId,
    "mayfly.scripts": scripts,
    "mayfly.sent_bytes": steps.reduce((sum, { sentBytes = 0 }) => sum + sentBytes, 0),
    "mayfly.arch": (client?.arch === undefined ? undefined : archRow(client.arch)?.name) ?? client?.isa,
    "mayfly.program": client?.stage,
    "network.peer.address": address,
    ...Object.fromEntries(facts.map(([name, text]) => [`mayfly.fact.${name}`, clean(text)])),
  });
}

function checkInAttributes({ checkIn }: Session): Attributes {
  if (checkIn === undefined) return {};
  const { system, kernel, uptimeMs, failedUnits, missingMounts, missingFiles } = checkIn;
  return {
    "mayfly.is_well": isWell(checkIn),
    ...present({ "mayfly.system": system, "mayfly.kernel": kernel, "mayfly.uptime_ms": uptimeMs }),
    ...(failedUnits.length === 0 ? {} : { "mayfly.failed_units": failedUnits }),
    ...(missingMounts.length === 0 ? {} : { "mayfly.missing_mounts": missingMounts }),
    ...(missingFiles.length === 0 ? {} : { "mayfly.missing_files": missingFiles }),
  };
}

function diagnosisEvent(
  { code, certainty, what, cure, evidence }: Diagnosis,
  atMs: number,
  { clean }: TraceMeans,
): SpanEvent {
  return {
    name: "diagnosis",
    atMs,
    attributes: {
      "mayfly.code": code,
      "mayfly.certainty": certainty,
      "mayfly.what": clean(what),
      "mayfly.cure": clean(cure),
      "mayfly.evidence": evidence.map(clean),
    },
  };
}

function present(values: Readonly<Record<string, AttributeValue | undefined>>): Attributes {
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}
