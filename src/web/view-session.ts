/** Boots as the API shows them. Pure. */

import { archRow } from "../boot/arch.ts";
import type { Diagnosis } from "../boot/diagnosis/diagnosis.ts";
import type { TransferUnderWay } from "../boot/event.ts";
import { versionInName } from "../boot/history/system-name.ts";
import { type BootMedians, fetchedAfterMs } from "../boot/session/medians.ts";
import type { Session, SessionStep } from "../boot/session/session.ts";
import { clip } from "../boot/session/session-client.ts";
import { redact } from "./events/redact.ts";
import { isoTime, present } from "./present.ts";
import type {
  BootTimesView,
  ConsoleLineView,
  DiagnosisView,
  MediansView,
  SessionRow,
  SessionView,
  StagesView,
  StepView,
} from "./schema/sessions.ts";

/** @param transfers - those under way now: what they have sent is known before they end */
export function viewSession(session: Session, transfers: readonly TransferUnderWay[]): SessionView {
  const { client, checkIn, steps } = session;
  const { facts } = client ?? {};
  return {
    ...viewBrief(session, transfers),
    steps: steps.map((step) => viewStep(step, session, transfers)),
    ...(session.otherServers === undefined ? {} : { otherServers: [...session.otherServers] }),
    ...(facts === undefined ? {} : { facts: { ...facts } }),
    ...(checkIn === undefined ? {} : { checkIn: viewCheckIn(checkIn) }),
  };
}

/** What a list shows too: of hundreds of boots nobody looks at every stage. */
function viewBrief(
  session: Session,
  transfers: readonly TransferUnderWay[],
): Omit<SessionView, "steps" | "facts" | "checkIn" | "otherServers"> {
  const { id, mac, via, outcome, startMs, lastMs, scripts, client, steps } = session;
  return {
    ...{ id, mac, via, outcome, start: isoTime(startMs), last: isoTime(lastMs), scripts },
    sentBytes: steps.reduce((sum, step) => sum + (sentBytesOf(step, session, transfers) ?? 0), 0),
    ...present({
      host: session.host,
      address: session.address,
      generation: session.generation,
      fetchedAfterMs: fetchedMs(session),
      arch: (client?.arch === undefined ? undefined : archRow(client.arch)?.name) ?? client?.isa,
      program: client?.stage,
    }),
  };
}

function fetchedMs(session: Session): number | undefined {
  return session.outcome === "under-way" ? undefined : fetchedAfterMs(session);
}

/** Only how long it took. */
export function viewBootTime(session: Session): BootTimesView["boots"][number] {
  const { id, outcome, startMs } = session;
  return { id, outcome, start: isoTime(startMs), ...present({ fetchedAfterMs: fetchedMs(session) }) };
}

/** Only which stage it was in when. */
export function viewStages({ id, outcome, startMs, lastMs, steps }: Session): StagesView["boots"][number] {
  return {
    ...{ id, outcome, start: isoTime(startMs), last: isoTime(lastMs) },
    steps: steps.map((step) => ({
      ...{ stage: step.stage, start: isoTime(step.startMs) },
      ...(step.endMs === undefined ? {} : { end: isoTime(step.endMs) }),
    })),
  };
}

/** Texts of the network's are shown as those of the boot are. */
export function viewDiagnosis({ code, certainty, what, cure, evidence }: Diagnosis): DiagnosisView {
  return { code, certainty, what: redact(what), cure, evidence: evidence.map(redact) };
}

/** What a machine said, as far as it may be told on. */
export function viewConsole({ console = [] }: Session): ConsoleLineView[] {
  return console.map(({ number, atMs, text, program, severity }) => ({
    number,
    at: isoTime(atMs),
    ...present({ program, severity }),
    text: redact(text),
  }));
}

/** One line of a list. */
export function viewSessionRow(session: Session, transfers: readonly TransferUnderWay[]): SessionRow {
  const row = viewBrief(session, transfers);
  const step = session.steps.at(-1);
  return step === undefined ? row : { ...row, step: viewStep(step, session, transfers) };
}

/** Of a step that is under way the transfer itself knows. */
function sentBytesOf(
  { endMs, path, sizeBytes, sentBytes }: SessionStep,
  { mac }: Session,
  transfers: readonly TransferUnderWay[],
): number | undefined {
  const running =
    endMs === undefined ? transfers.find((each) => each.mac === mac && clip(each.path) === path) : undefined;
  return running === undefined ? sentBytes : (sizeBytes ?? 0) - running.sizeBytes + running.sentBytes();
}

function viewStep(step: SessionStep, session: Session, transfers: readonly TransferUnderWay[]): StepView {
  const { stage, startMs, endMs, path, sizeBytes, files, result, note, times, waitedSeconds } = step;
  const sentBytes = sentBytesOf(step, session, transfers);
  return {
    stage,
    start: isoTime(startMs),
    ...(endMs === undefined ? {} : { end: isoTime(endMs), durationMs: endMs - startMs }),
    ...present({ sizeBytes, sentBytes, files, times, waitedSeconds, result }),
    ...present({ path: path && redact(path), note: note && redact(note) }),
  };
}

function viewCheckIn(checkIn: NonNullable<Session["checkIn"]>): NonNullable<SessionView["checkIn"]> {
  const { atMs, clockMs, system, kernel, uptimeMs, failedUnits, missingMounts, missingFiles } = checkIn;
  return {
    at: isoTime(atMs),
    ...(clockMs === undefined ? {} : { clock: isoTime(clockMs) }),
    ...present({ system, nixos: versionInName(system ?? ""), kernel, uptimeMs }),
    failedUnits: [...failedUnits],
    missingMounts: [...missingMounts],
    missingFiles: [...missingFiles],
  };
}

export function viewMedians({ boots, totalMs, stages }: BootMedians): MediansView {
  return {
    boots,
    ...present({ totalMs }),
    stages: [...stages].map(([stage, median]) => ({ stage, ...median })),
  };
}
