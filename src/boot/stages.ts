/**
 * How far one boot has come, told from the server's events and from what the machine says itself.
 *
 * It follows one machine on a network of its own, as `mayfly try` has it; it knows no clock, and the
 * times that it is given only need to be of one clock.
 */

import { archRow } from "./arch.ts";
import { baseName } from "./base-name.ts";
import type { BootClient } from "./client.ts";
import type { BootDecision } from "./decide.ts";
import { describe, formatBytes, formatMs, offeredText } from "./describe.ts";
import type { BootEvent, TransferFacts } from "./event.ts";
import { bootedFiles, type Generation } from "./generation.ts";
import { explainSilence, explainStranger } from "./script/refusal.ts";

/**
 * What the machine is busy with.
 *
 * - `firmware`: starting, until it asks the network
 * - `program`: the firmware was answered; it fetches and starts a boot program
 * - `ipxe`: iPXE runs; it asks for its script
 * - `files`: it has its script; it fetches kernel and initrd
 * - `kernel`: it has both; the kernel starts
 * - `linux`: the kernel has said its first words
 * - `system`: what the image holds runs, and has said so
 */
export type BootStage = (typeof STAGES)[number];

const STAGES = ["firmware", "program", "ipxe", "files", "kernel", "linux", "system"] as const;

export interface BootWatch {
  readonly stage: BootStage;
  /** When each stage was reached, in milliseconds; those that a machine leaves out are absent. */
  readonly reached: readonly { readonly stage: BootStage; readonly atMs: number }[];
  /** What the script named; its files are told apart by it. */
  readonly generation?: Generation;
  /** Files of the generation that the machine has whole. */
  readonly fetched: ReadonlySet<string>;
  /** What is being sent now. */
  readonly fetching?: Fetching;
  /** Why it was left without an answer, when it was. */
  readonly refusal?: string;
  /** The firmware or the script has said that it will not boot this way: nothing more is to be waited for. */
  readonly gaveUp: boolean;
  /** What the network card has received since it was switched on. */
  readonly receivedBytes: number;
  /** The last line, which firmware that repeats itself need not repeat. */
  readonly lastText?: string;
}

interface Fetching {
  readonly path: string;
  readonly sizeBytes: number;
  /** What the card had received before. */
  readonly fromBytes: number;
}

/** One thing that was noticed. */
export type Sighting =
  | { readonly type: "event"; readonly event: BootEvent }
  /** A line on the machine's serial port. */
  | { readonly type: "said"; readonly line: string }
  /** How much its network card has received since it was switched on. */
  | { readonly type: "received"; readonly totalBytes: number };

/** Something to show. A passing one may be overwritten by the next. */
export interface WatchLine {
  readonly label: string;
  readonly text: string;
  readonly passing: boolean;
}

export type WatchStep = readonly [BootWatch, readonly WatchLine[]];

/** A machine that is being switched on. */
export function startWatch(atMs: number): BootWatch {
  const reached = [{ stage: "firmware", atMs }] as const;
  return { stage: "firmware", reached, fetched: new Set(), gaveUp: false, receivedBytes: 0 };
}

/** Takes one sighting into account. Pure. */
export function watchStep(watch: BootWatch, sighting: Sighting, atMs: number): WatchStep {
  switch (sighting.type) {
    case "event":
      return once(watch, eventStep(watch, sighting.event, atMs));
    case "said":
      return once(watch, saidStep(watch, sighting.line, atMs));
    case "received":
      return receivedStep({ ...watch, receivedBytes: sighting.totalBytes });
  }
}

/** Leaves out a line that only says the one before again. */
function once(before: BootWatch, [after, lines]: WatchStep): WatchStep {
  const fresh = lines.filter(({ text }) => text !== before.lastText);
  const last = fresh.at(-1);
  return [last === undefined ? after : { ...after, lastText: last.text }, fresh];
}

function eventStep(watch: BootWatch, event: BootEvent, atMs: number): WatchStep {
  switch (event.type) {
    case "dhcp":
      return dhcpStep(watch, event, atMs);
    case "script":
      return scriptStep(watch, event.client, event.decision, atMs);
    case "transfer-started":
      return startedStep(watch, event);
    case "transfer-ended":
      return endedStep(watch, event, atMs);
    case "refused":
      return event.expected
        ? [watch, []]
        : [watch, [line("refused", `${event.path} by ${event.via}: ${event.reason}`)]];
    case "trouble":
      return [watch, [line("image", event.reason)]];
    case "notice":
      return event.level === "info"
        ? [watch, []]
        : [watch, [line("notice", [event.text, event.cure ?? ""].filter(Boolean).join("; "))]];
    case "checked-in":
    case "check-in-refused":
      return [watch, [line("check-in", describe(event).text)]];
    case "bug":
      return [watch, [line("bug", String(event.error))]];
    case "rollout":
    case "build":
    case "console":
    case "lease":
    case "published":
    case "withdrawn":
    case "dropped":
    case "hosts":
    case "approved":
    case "unapproved":
    case "steered":
    case "session":
    case "diagnosed":
    case "overheard":
    case "foreign-offer":
    case "malformed":
      return [watch, []];
  }
}

function dhcpStep(watch: BootWatch, event: Extract<BootEvent, { type: "dhcp" }>, atMs: number): WatchStep {
  const { client, decision, reply, port, request } = event;
  const asked = `${clientText(client)} asks${port === 4011 ? " on port 4011" : ""} (${request})`;
  const refusal = refusalText(client, decision);
  if (refusal !== undefined) return [{ ...watch, refusal }, [line("DHCP", `${asked}: ${refusal}`)]];
  const reached = reach(watch, client.stage === "ipxe" ? "ipxe" : "program", atMs);
  const next =
    decision.type === "image"
      ? { ...reached, generation: decision.generation, fetched: new Set<string>() }
      : reached;
  if (reply === undefined) return [next, []];
  const told = decision.type === "script" ? "the address of its script" : offeredText(decision);
  return [next, [line("DHCP", `${asked}: ${reply === "OFFER" ? "offered" : "told"} ${told}`)]];
}

function scriptStep(watch: BootWatch, client: BootClient, decision: BootDecision, atMs: number): WatchStep {
  const refusal = refusalText(client, decision);
  if (refusal !== undefined) {
    return [{ ...reach(watch, "ipxe", atMs), refusal }, [line("script", refusal)]];
  }
  if (decision.type !== "script") return [watch, []];
  const { generation, host } = decision;
  const text = `host ${host.name}, generation ${generation.id} (${generation.shape})`;
  // A script that the machine asks for again starts its files over.
  const next = { ...reach(watch, "files", atMs), generation, fetched: new Set<string>() };
  return [next, [line("script", text)]];
}

function startedStep(watch: BootWatch, { path, sizeBytes }: TransferFacts): WatchStep {
  return [{ ...watch, fetching: { path, sizeBytes, fromBytes: watch.receivedBytes } }, []];
}

function endedStep(
  watch: BootWatch,
  event: Extract<BootEvent, { type: "transfer-ended" }>,
  atMs: number,
): WatchStep {
  const { path, via, result, sentBytes, sizeBytes, durationMs } = event;
  const { fetching: _over, ...idle } = watch;
  const name = baseName(path);
  switch (result) {
    case "probed":
      return [idle, []];
    case "complete": {
      const rate = durationMs > 0 ? `, ${formatBytes((sizeBytes * 1000) / durationMs)}/s` : "";
      const text = `${name}, ${formatBytes(sizeBytes)} by ${via.toUpperCase()} in ${formatMs(durationMs)}${rate}`;
      const next = { ...idle, fetched: new Set([...idle.fetched, name]) };
      return [isComplete(next) ? reach(next, "kernel", atMs) : next, [line(fileLabel(watch, path), text)]];
    }
    case "stale":
    case "aborted":
    case "timed-out":
    case "failed": {
      const text = `${name} by ${via.toUpperCase()}: ${result} after ${formatBytes(sentBytes)} of ${formatBytes(sizeBytes)}`;
      return [idle, [line(fileLabel(watch, path), text)]];
    }
  }
}

function isComplete({ generation, fetched }: BootWatch): boolean {
  if (generation === undefined || generation.ownScript !== undefined) return false;
  return bootedFiles(generation).every((file) => fetched.has(baseName(file)));
}

function receivedStep(watch: BootWatch): WatchStep {
  const { fetching } = watch;
  if (fetching === undefined || fetching.sizeBytes === 0) return [watch, []];
  const share = Math.min(1, (watch.receivedBytes - fetching.fromBytes) / fetching.sizeBytes);
  const text = `${baseName(fetching.path)}, ${Math.floor(share * 100)} % of ${formatBytes(fetching.sizeBytes)}`;
  return [watch, [{ label: fileLabel(watch, fetching.path), text, passing: true }]];
}

const KERNEL_WORDS = /\bLinux version \S+/;
const SYSTEM_WORDS = /mayfly-lab: (.*)$/;
/** SeaBIOS, EDK2's boot manager and its PXE client, and our own script when its attempts are over. */
const LAST_WORDS =
  /No bootable (?:device|option)|No valid offer received|Mayfly: going on with the next boot option/;

function saidStep(watch: BootWatch, said: string, atMs: number): WatchStep {
  const [kernel] = KERNEL_WORDS.exec(said) ?? [];
  if (kernel !== undefined) return [reach(watch, "linux", atMs), [line("Linux", kernel)]];
  const [, system] = SYSTEM_WORDS.exec(said) ?? [];
  if (system !== undefined) return [reach(watch, "system", atMs), [line("system", system)]];
  return [LAST_WORDS.test(said) ? { ...watch, gaveUp: true } : watch, []];
}

/** Stages are only gone through forwards: a machine that asks again is still where it was. */
function reach(watch: BootWatch, stage: BootStage, atMs: number): BootWatch {
  if (STAGES.indexOf(stage) <= STAGES.indexOf(watch.stage)) return watch;
  return { ...watch, stage, reached: [...watch.reached, { stage, atMs }] };
}

/** Why the machine gets no image, in a sentence; `undefined` where it gets one, or is on its way to it. */
function refusalText(client: BootClient, decision: BootDecision): string | undefined {
  switch (decision.type) {
    case "chain":
    case "firmware":
    case "image":
    case "script":
      return undefined;
    case "stranger":
      return explainStranger(decision.policy, client);
    case "refused":
    case "silent":
      return explainSilence(decision.reason, client, decision.host?.name);
  }
}

function clientText({ stage, arch }: BootClient): string {
  if (stage === "ipxe") return "iPXE";
  return (arch === undefined ? undefined : archRow(arch)?.name) ?? stage;
}

function fileLabel({ generation, stage }: BootWatch, path: string): string {
  const name = baseName(path);
  if (generation?.kernel !== undefined && name === baseName(generation.kernel.file)) return "kernel";
  if (generation?.bootFile !== undefined && name === baseName(generation.bootFile.file)) return "image";
  if (generation?.initrds.some((initrd) => baseName(initrd) === name) === true) return "initrd";
  if (name.endsWith(".ipxe")) return "script";
  return stage === "program" || stage === "firmware" ? "program" : "file";
}

function line(label: string, text: string): WatchLine {
  return { label, text, passing: false };
}
