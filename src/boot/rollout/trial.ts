/** One machine with a generation that is not proven: from its place to what it has shown. */

import type { Mac } from "../../wire/net/mac.ts";
import type { HostName } from "../host.ts";
import { admit } from "./choose-generation.ts";
import { type Draft, dropTrials, memberOf, scopeOf, setOnce, setTrack, setTrial, tell } from "./draft.ts";
import {
  type BadReason,
  isOnTrial,
  type OnceKey,
  onceOf,
  type Trial,
  type TrialPlace,
  trackOf,
} from "./rollout.ts";
import type { SeenEvent } from "./rollout-event.ts";
import { comeUp, failToComeUp } from "./verdict.ts";

type Seen<T extends SeenEvent["type"]> = Extract<SeenEvent, { type: T }>;

/** Firmware asks several times for one boot; what comes later than this after its script is another one. */
const SAME_BOOT_MS = 15_000;
/** Of a machine that goes on it is enough to know it so often. */
const WATCHED_EVERY_MS = 10_000;
/** A one-time image is for the boot that began when it was asked for, and no boot asks for longer. */
const ONCE_MS = 600_000;
/** A machine that was switched off in the middle of its files, and stays so, must not hold up its group. */
const AWAY_MS = 86_400_000;
/** Much longer than a report is told again after a restart. */
const REPORT_MS = 3_600_000;

/** The machine takes what is waiting for it alone: its one-time image, or a place among the first. */
export function take(draft: Draft, { host, mac }: Seen<"taken">, atMs: number): void {
  const waiting = onceOf(draft.now, host, mac);
  if (waiting !== undefined) {
    const [key, once] = waiting;
    if (once.taken === undefined) setOnce(draft, key, { ...once, taken: { mac, atMs } });
    return;
  }
  const admission = admit(draft.now, host, mac);
  if (admission.type !== "takes" || !admission.isNew) return;
  const generation = admission.candidate;
  const fresh = { strikes: 0, sinceMs: atMs, isWatched: false };
  setTrial(draft, mac, { host, generation, place: "canary", state: "reserved", ...fresh });
  tell(draft, { change: "canary", scope: scopeOf(draft.now, host), hosts: [host], generation, mac });
}

/** What it took could not be kept: nobody takes anything until that may be better. */
export function untake(draft: Draft, { mac }: Seen<"untaken">): void {
  dropTrials(draft, ({ state }, of) => of === mac && state === "reserved");
  for (const [key, { taken, ...once }] of draft.now.onces) if (taken?.mac === mac) setOnce(draft, key, once);
  draft.now = { ...draft.now, isUnkept: true };
}

export function give(draft: Draft, { host, mac, generation }: Seen<"given">, nowMs: number): void {
  const before = draft.now.trials.get(mac);
  const own = before?.host === host ? before : undefined;
  if (!isOnTrial(trackOf(draft.now, host), generation)) {
    putAside(draft, mac);
    return;
  }
  const begun = { state: "given", sinceMs: nowMs, isWatched: false } as const;
  if (own?.generation !== generation) {
    const place = placeOf(draft, { host, mac, generation }, own);
    setTrial(draft, mac, { host, generation, place, strikes: 0, ...begun });
    return;
  }
  // Asked for once more in the same boot, or by a machine that is known to come up.
  if (own.state === "given" || own.state === "good") return;
  if (own.state === "handed-over" && strike(draft, mac, own, nowMs)) return;
  const { strikes } = draft.now.trials.get(mac) ?? own;
  setTrial(draft, mac, { ...own, ...begun, strikes });
}

/** It boots something else; a place that it has stays its own. */
function putAside(draft: Draft, mac: Mac): void {
  const trial = draft.now.trials.get(mac);
  if (trial === undefined) return;
  if (trial.place !== "canary") dropTrials(draft, (_trial, of) => of === mac);
  else if (trial.state !== "good") setTrial(draft, mac, { ...trial, state: "back" });
}

function placeOf(
  { now }: Draft,
  { host, mac, generation }: Omit<Seen<"given">, "type">,
  own: Trial | undefined,
): TrialPlace {
  if (own?.place === "canary") return "canary";
  if (onceOf(now, host, mac)?.[1].generation === generation) return "once";
  const track = trackOf(now, host);
  // It boots that by its pin: a place would go with it to the next candidate, which nobody wanted it to try.
  if (track.pin === generation) return "all";
  const isWave = memberOf(now, host).policy.strategy === "canary" && !track.proven.includes(generation);
  return isWave && generation === track.candidate ? "canary" : "all";
}

export function watch(draft: Draft, { mac, generation }: Seen<"fetching">, nowMs: number): void {
  const trial = draft.now.trials.get(mac);
  if (trial?.generation !== generation || trial.state !== "given") return;
  if (trial.isWatched && nowMs - trial.sinceMs < WATCHED_EVERY_MS) return;
  // Where it is slow, that is no fault of what it fetches.
  setTrial(draft, mac, { ...trial, isWatched: true, sinceMs: nowMs });
}

export function handOver(draft: Draft, { mac, generation }: Seen<"handed-over">, nowMs: number): void {
  endOnce(draft, mac);
  const trial = draft.now.trials.get(mac);
  if (trial?.generation !== generation || trial.state !== "given") return;
  setTrial(draft, mac, { ...trial, state: "handed-over", sinceMs: nowMs });
}

export function comeBack(draft: Draft, { mac }: Seen<"back">, nowMs: number): void {
  endOnce(draft, mac, nowMs - SAME_BOOT_MS);
  const trial = draft.now.trials.get(mac);
  if (trial === undefined) return;
  const { state, isWatched, sinceMs } = trial;
  if (state === "handed-over") strike(draft, mac, trial, nowMs);
  // It had not everything yet, so what it was to boot never ran.
  else if (state === "given" && isWatched) setTrial(draft, mac, { ...trial, state: "back" });
  else if (state === "given" && nowMs - sinceMs >= SAME_BOOT_MS) strike(draft, mac, trial, nowMs);
}

/** @returns whether it was once too often */
function strike(draft: Draft, mac: Mac, trial: Trial, nowMs: number): boolean {
  const strikes = trial.strikes + 1;
  const { host, generation } = trial;
  if (strikes >= memberOf(draft.now, host).policy.tries) {
    failToComeUp(draft, { mac, host, generation }, "boot-loop", nowMs);
    return true;
  }
  setTrial(draft, mac, { ...trial, state: "back", strikes });
  return false;
}

export function checkIn(draft: Draft, report: Seen<"checked-in">, nowMs: number): void {
  const { bootId, mac, host, generation, faults } = report;
  // What was decided since, and what the machine has begun since, would be undone.
  if (draft.now.reports.has(bootId)) return;
  draft.now = { ...draft.now, reports: new Map(draft.now.reports).set(bootId, nowMs) };
  endOnce(draft, mac);
  const before = trackOf(draft.now, host);
  if (!before.checksIn) setTrack(draft, host, { ...before, checksIn: true });
  const track = trackOf(draft.now, host);
  const witness = { mac, host, generation };
  const isNews = isOnTrial(track, generation);
  const fresh = faults.filter((fault) => !track.usualFaults.includes(fault));
  const hasOther = track.settled.some((id) => id !== generation);
  const { requireWell } = memberOf(draft.now, host).policy;
  if (isNews && requireWell && fresh.length > 0 && hasOther) {
    failToComeUp(draft, witness, "unwell", nowMs, fresh);
    return;
  }
  comeUp(draft, witness);
  const after = trackOf(draft.now, host);
  const isUsual = after.proven.includes(generation) && !isSame(after.usualFaults, faults);
  if (isUsual) setTrack(draft, host, { ...after, usualFaults: [...faults] });
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((each, i) => each === b[i]);
}

/** Who had to say that it is up, and has not, is not; who is not back by now is up. */
export function lookAtClock(draft: Draft, nowMs: number): void {
  const { isUnkept, trials, onces, reports } = draft.now;
  if (isUnkept) draft.now = { ...draft.now, isUnkept: false };
  const recent = [...reports].filter(([, sinceMs]) => nowMs - sinceMs < REPORT_MS);
  if (recent.length < reports.size) draft.now = { ...draft.now, reports: new Map(recent) };
  for (const [key, { taken }] of onces)
    if (taken !== undefined && nowMs - taken.atMs >= ONCE_MS) setOnce(draft, key, undefined);
  for (const mac of trials.keys()) {
    const trial = draft.now.trials.get(mac);
    if (trial !== undefined) lookAtTrial(draft, mac, trial, nowMs);
  }
}

function lookAtTrial(draft: Draft, mac: Mac, trial: Trial, nowMs: number): void {
  const { host, generation, state, sinceMs, isWatched } = trial;
  const { policy } = memberOf(draft.now, host);
  const waitedMs = nowMs - sinceMs;
  if (waitedMs >= AWAY_MS && isAway(draft, trial)) {
    dropTrials(draft, (_trial, of) => of === mac);
    const scope = scopeOf(draft.now, host);
    tell(draft, { change: "place-freed", scope, hosts: [host], generation, mac });
    return;
  }
  // It went away with the answer in the making; one that comes by kexec fetches everything first.
  if (state === "reserved" && waitedMs >= policy.limitMs) dropTrials(draft, (_trial, of) => of === mac);
  if ((state !== "given" && state !== "handed-over") || waitedMs < policy.limitMs) return;
  if (state === "given" && isWatched) {
    setTrial(draft, mac, { ...trial, state: "back" });
    return;
  }
  const isExpected = policy.checkIn ?? trackOf(draft.now, host).checksIn;
  const late: BadReason = "no-check-in";
  if (isExpected) failToComeUp(draft, { mac, host, generation }, late, nowMs);
  else comeUp(draft, { mac, host, generation });
}

/** It holds a place and shows nothing; one that has begun to boot what waits is a witness, and keeps it. */
function isAway({ now }: Draft, { host, generation, place, state, strikes }: Trial): boolean {
  const hasSeen = strikes > 0 && generation === trackOf(now, host).candidate;
  return place === "canary" && state === "back" && !hasSeen;
}

/** @param beforeMs - only if it was taken by then */
function endOnce(draft: Draft, mac: Mac, beforeMs = Number.POSITIVE_INFINITY): void {
  for (const [key, { taken }] of draft.now.onces)
    if (isOver(taken, mac, beforeMs)) setOnce(draft, key, undefined);
}

function isOver(
  taken: { readonly mac: Mac; readonly atMs: number } | undefined,
  mac: Mac,
  beforeMs: number,
): boolean {
  return taken?.mac === mac && taken.atMs <= beforeMs;
}

/** The server was away: who was waited for gets the whole time again, and who was answered last may have been; its last reports come again. */
export function resume(draft: Draft, nowMs: number): void {
  const reports = [...draft.now.reports.keys()].map((bootId) => [bootId, nowMs] as const);
  if (reports.length > 0) draft.now = { ...draft.now, reports: new Map(reports) };
  for (const [mac, trial] of draft.now.trials) {
    if (trial.state === "back" || trial.state === "good") continue;
    const state = trial.state === "reserved" ? "given" : trial.state;
    setTrial(draft, mac, { ...trial, state, sinceMs: nowMs });
  }
}

/** For which machine a one-time image is. */
export function onceKey(host: HostName, mac: Mac | undefined): OnceKey {
  return mac === undefined ? `host:${host}` : `mac:${mac}`;
}
