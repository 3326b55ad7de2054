/** What a transfer tells of a boot: which stage it is, and whether the machine has all that it needs. */

import { baseName } from "../base-name.ts";
import type { BootEvent, TransferFacts, TransferResult } from "../event.ts";
import { BOOT_PROGRAM } from "../rpi4/places.ts";
import { arrived, fileStage, isWhole, wantedFiles } from "./boot-files.ts";
import { LEAST_STEP_MS } from "./clock-step.ts";
import {
  addStep,
  hasReached,
  isFetching,
  type LiveSession,
  type Phase,
  reach,
  replaceStep,
  type SessionResult,
  tell,
  withFacts,
} from "./live-session.ts";
import type { SessionStage, SessionStep } from "./session.ts";
import { begin, handOver, isAnew, type SessionMeans, supersede } from "./session-begin.ts";
import { clip } from "./session-client.ts";
import { withHost } from "./session-dhcp.ts";

type EventOf<T extends BootEvent["type"]> = Extract<BootEvent, { type: T }>;

/** A machine that has everything may fetch a little more; a system that runs for long is no boot. */
const AFTERWARDS_MS = 60_000;

export function startedStep(
  live: LiveSession | undefined,
  facts: TransferFacts,
  atMs: number,
  means: SessionMeans,
): SessionResult {
  const stage = stageOf(facts, means);
  const at = PHASE_OF[stage];
  // Firmware, or iPXE that chains another one, may fetch its program twice.
  const least = facts.piPart === undefined ? "ipxe" : at;
  const isNew = live === undefined || (isBeginning(facts, stage) && isAnew(live, least, atMs));
  const begun = isNew ? beginBy(facts, stage, atMs, means) : live;
  // Anybody may fetch a file of ours: a system that runs, somebody who tries.
  if (begun === undefined) return [live, []];
  if (!isNew && !isPartOfBoot(begun, stage, atMs)) return [live, []];
  const from = takeGeneration(reach(begun, at), facts, atMs, means);
  const step: SessionStep = {
    stage,
    startMs: atMs,
    path: clip(facts.path),
    sizeBytes: facts.sizeBytes,
  };
  const revived = withFacts(
    from,
    { outcome: from.session.outcome === "failed" ? "under-way" : from.session.outcome },
    atMs,
  );
  const after = withHost(joined(revived, step, facts, atMs), facts.host, atMs);
  return [after, [...(isNew ? supersede(live, atMs) : []), ...tell(isNew ? undefined : begun, after)]];
}

/** Only firmware fetches these, and it begins with them where its DHCP was not seen. */
function isBeginning({ via, piPart }: TransferFacts, stage: SessionStage): boolean {
  return piPart === "first" || (stage === "boot-program" && via === "tftp" && piPart === undefined);
}

function beginBy(
  facts: TransferFacts,
  stage: SessionStage,
  atMs: number,
  means: SessionMeans,
): LiveSession | undefined {
  const { mac } = facts;
  return mac === undefined || !isBeginning(facts, stage)
    ? undefined
    : begin(mac, PHASE_OF[stage], atMs, means);
}

function isPartOfBoot(live: LiveSession, stage: SessionStage, atMs: number): boolean {
  const { outcome, lastMs } = live.session;
  if (outcome === "checked-in") return false;
  if (outcome === "handed-over") return isFetching(live) || atMs - lastMs <= AFTERWARDS_MS;
  return outcome !== "turned-away" || PHASE_OF[stage] !== "files";
}

/** How far a machine is that fetches for this stage; what it has when it has fetched it is another matter. */
const PHASE_OF: Readonly<Record<SessionStage, Phase>> = {
  "firmware-dhcp": "firmware",
  "proxy-dhcp": "firmware",
  "pi-firmware": "pi-firmware",
  "size-probe": "firmware",
  "boot-program": "firmware",
  autoexec: "ipxe",
  "ipxe-dhcp": "ipxe",
  script: "firmware",
  kernel: "files",
  initrd: "files",
  image: "files",
  "kernel-dhcp": "over",
  "check-in": "over",
};

function stageOf({ path, file, generation: id, piPart }: TransferFacts, means: SessionMeans): SessionStage {
  const generation = id === undefined ? undefined : means.generation(id);
  if (file !== undefined && generation !== undefined) {
    if (file === generation.ownScript) return "script";
    const stage = fileStage(generation, file);
    // A device tree that came with the kernel is the EEPROM's.
    return piPart !== undefined && stage === "image" ? "pi-firmware" : stage;
  }
  if (path.startsWith("media/")) return "image";
  if (piPart !== undefined) return path.endsWith(`/${BOOT_PROGRAM}`) ? "boot-program" : "pi-firmware";
  const name = baseName(path).toLowerCase();
  if (name === "autoexec.ipxe") return "autoexec";
  return /(^|\/)pxelinux\.cfg\//.test(path) || /^boot\.scr(\.uimg)?$/.test(name) ? "script" : "boot-program";
}

/** An operator's own script may go by names that no script of ours has told. */
function takeGeneration(
  live: LiveSession,
  { generation: id, file }: TransferFacts,
  atMs: number,
  means: SessionMeans,
): LiveSession {
  if (id === undefined || live.session.generation !== undefined) return live;
  const generation = means.generation(id);
  if (generation === undefined) return live;
  return { ...withFacts(live, { generation: id }, atMs), wanted: wantedFiles(generation, file) };
}

/** Adds to the step before where both are parts of one whole: the files of an EEPROM, the ranges of a file. */
function joined(live: LiveSession, step: SessionStep, facts: TransferFacts, atMs: number): LiveSession {
  const { steps } = live.session;
  const index = steps.findLastIndex((each) => isSame(each, step, facts));
  const before = steps[index];
  if (before === undefined) return addStep(live, step);
  const { endMs: _end, result: _result, ...rest } = before;
  const grown = {
    ...rest,
    ...(step.path === undefined ? {} : { path: step.path }),
    sizeBytes: (before.sizeBytes ?? 0) + (step.sizeBytes ?? 0),
    files: (before.files ?? 1) + 1,
  };
  return replaceStep(live, index, grown, atMs);
}

/** Only what has gone well so far is told together: what has not stands by itself. */
function isSame(before: SessionStep, step: SessionStep, { fromByte }: TransferFacts): boolean {
  const isWell = before.result === "complete" || (step.stage === "pi-firmware" && before.result === "probed");
  if (before.stage !== step.stage || before.endMs === undefined || !isWell) return false;
  return step.stage === "pi-firmware" || (fromByte !== undefined && before.path === step.path);
}

/**
 * The step that a transfer is of: the one of the same path that was open when it began, the latest of them.
 *
 * A connection of a machine that was reset ends minutes later, when the next boot may fetch the same file: its
 * end is none of that boot's.
 */
function openStep({ session }: LiveSession, { path, durationMs }: EventOf<"transfer-ended">, atMs: number) {
  const shown = clip(path);
  // A clock that is set by less is not moved along.
  const beganMs = atMs - durationMs + 2 * LEAST_STEP_MS;
  return session.steps.findLastIndex(
    (step) => step.endMs === undefined && step.path === shown && step.startMs <= beganMs,
  );
}

export function endedStep(
  live: LiveSession | undefined,
  event: EventOf<"transfer-ended">,
  atMs: number,
): SessionResult {
  const index = live === undefined ? -1 : openStep(live, event, atMs);
  const step = live?.session.steps[index];
  if (live === undefined || step === undefined) return [live, []];
  const { result, reason } = event;
  const ended: SessionStep = {
    ...step,
    stage: result === "probed" && step.stage !== "pi-firmware" ? "size-probe" : step.stage,
    endMs: atMs,
    sentBytes: (step.sizeBytes ?? 0) - event.sizeBytes + event.sentBytes,
    result,
    ...(event.blocks === undefined || result === "complete" || result === "probed"
      ? {}
      : { blocks: event.blocks }),
    // How a client says that the size is all it wanted is its own affair.
    ...(reason === undefined || result === "probed" ? {} : { note: clip(reason) }),
  };
  const closed = replaceStep(live, index, ended, atMs);
  const after = result === "complete" ? takeWhole(closed, event, step.stage, atMs) : closed;
  return [after, tell(live, after)];
}

function takeWhole(
  live: LiveSession,
  { file, generation, fromByte = 0, sizeBytes, piPart }: TransferFacts,
  stage: SessionStage,
  atMs: number,
): LiveSession {
  if (stage === "boot-program") return reach(live, "program");
  if (piPart === "last" && stage === "pi-firmware") return reach(live, "firmware");
  if (file === undefined || generation !== live.session.generation) return live;
  const wanted = arrived(live.wanted, file, fromByte, sizeBytes);
  const next = { ...live, wanted };
  return wanted.length > 0 && wanted.every(isWhole) ? handOver(next, atMs) : next;
}

/** A file that it did not get; that it looks whether a file is there, and it is not, is no news. */
export function refusedStep(
  live: LiveSession | undefined,
  event: EventOf<"refused">,
  atMs: number,
  means: SessionMeans,
): SessionResult {
  if (live === undefined || live.session.outcome !== "under-way") return [live, []];
  const { path, reason } = event;
  const stage = stageOf(factsOfPath(event), means);
  const isOfImage = PHASE_OF[stage] === "files";
  // Before its script a machine has no business with an image.
  if (isOfImage && !hasReached(live, "script")) return [live, []];
  // One that was told to come back for its image waits its turn, and has not fallen silent.
  if (event.expected) return [isOfImage ? withFacts(live, {}, atMs) : live, []];
  const { steps } = live.session;
  const last = steps.at(-1);
  const isAgain = last?.result === "failed" && last.path === clip(path);
  const result: TransferResult = "failed";
  const step = { stage, startMs: atMs, endMs: atMs, path: clip(path), result, note: clip(reason) };
  const after =
    last !== undefined && isAgain
      ? replaceStep(live, steps.length - 1, { ...step, startMs: last.startMs }, atMs)
      : addStep(live, step);
  return [after, tell(live, after)];
}

/** What the path alone tells, as it came: it may have a query. */
function factsOfPath({ path, via, peer }: EventOf<"refused">): TransferFacts {
  const plain = path.replace(/^\//, "").replace(/\?.*$/, "");
  const [, generation, file] = /^media\/([^/]+)\/(.+)$/.exec(plain) ?? [];
  const media = generation === undefined || file === undefined ? {} : { generation, file };
  return { path: plain, via, peer, sizeBytes: 0, ...media };
}
