/** Puts an event into one line for a person: what happened, to which machine, and what to do if anything. */

import { formatBytes, formatMs } from "./amount.ts";
import { archRow } from "./arch.ts";
import { describeBuild } from "./build/describe-build.ts";
import { describeCheckInRefusal } from "./check-in/refusal.ts";
import type { BootClient } from "./client.ts";
import type { BootDecision } from "./decide.ts";
import type { Description } from "./description.ts";
import type { BootEvent, PeerMachine } from "./event.ts";
import { kernelVersionOf } from "./generation.ts";
import type { Host } from "./host.ts";
import { describeHostChanges } from "./host-changes.ts";
import { describeVariant } from "./ladder/offer-variant.ts";
import { describeLeaseEvent } from "./lease/describe-lease-event.ts";
import { describeForeignOffer } from "./other-servers/describe-foreign-offer.ts";
import type { Peer } from "./peer.ts";
import { heldBackText } from "./rollout/describe-held-back.ts";
import { describeRollout } from "./rollout/describe-rollout.ts";
import { explainSilence, explainStranger } from "./script/refusal.ts";
import {
  describeCheckIn,
  describeDiagnosis,
  describeOverheard,
  describeSession,
} from "./session/describe-session.ts";

export { formatBytes, formatMs };

/** One line for one event. Pure. */
export function describe(event: BootEvent): Description {
  switch (event.type) {
    case "dhcp":
      return describeDhcp(event);
    case "lease":
      return describeLeaseEvent(event);
    case "script":
      return describeScript(event);
    case "transfer-started":
      return { level: "debug", text: `${peerText(event)} fetches ${event.path} by ${event.via}` };
    case "transfer-ended":
      return describeTransfer(event);
    case "refused":
      return {
        level: event.expected ? "debug" : "warn",
        text: `${peerText(event)} asked for ${event.path} by ${event.via}: ${event.reason}`,
        repeats: `refused ${event.peer.address} ${event.path}`,
      };
    case "build":
      return describeBuild(event.change, event.build);
    case "published":
      return { level: "info", text: `${event.image}: ${publishedText(event)}` };
    case "trouble":
      return { level: "warn", text: `${event.image}: ${event.reason}` };
    case "withdrawn":
      return { level: "info", text: `${event.image}: its link is gone; the next boot gets nothing from it` };
    case "dropped":
      return { level: "debug", text: `${event.generation} is no longer kept: no boot needs it` };
    case "hosts":
      return describeHostChanges(event);
    case "approved":
      return { level: "info", text: `${event.mac} is approved as host ${event.host}${byText(event)}` };
    case "unapproved":
      return {
        level: "info",
        text: `${event.mac} is no longer approved as host ${event.host}${byText(event)}`,
      };
    case "steered":
      return {
        level: event.by === undefined ? "debug" : "info",
        text: `${event.method} ${event.path} was done${byText(event)}`,
      };
    case "checked-in":
      return describeCheckIn(event);
    case "check-in-refused":
      return describeCheckInRefusal(event);
    case "session":
      return describeSession(event);
    case "rollout":
      return describeRollout(event);
    case "diagnosed":
      return describeDiagnosis(event);
    case "overheard":
      return describeOverheard(event);
    case "foreign-offer":
      return describeForeignOffer(event);
    case "console":
      return describeConsole(event);
    case "notice":
      return {
        level: event.level,
        text: event.cure === undefined ? event.text : `${event.text}; ${event.cure}`,
        ...(event.repeats === undefined ? {} : { repeats: event.repeats }),
      };
    case "malformed":
      return {
        level: "debug",
        text: `${event.peer.address} sent a malformed ${event.via} packet: ${event.reason} (${event.code})`,
        repeats: `malformed ${event.via} ${event.peer.address} ${event.code}`,
      };
    case "bug":
      return { level: "error", text: describeBug(event), repeats: `bug ${event.via} ${event.error}` };
  }
}

type EventOf<T extends BootEvent["type"]> = Extract<BootEvent, { type: T }>;

function publishedText({ image, generation, heldBack = [] }: EventOf<"published">): string {
  const name = generationText(generation);
  if (heldBack.length === 0) return `${name} is live for the next boot`;
  return `${name} ${heldBackText(image, heldBack)}`;
}

/** A kernel says six hundred lines while it starts: the timeline has them. */
function describeConsole(event: EventOf<"console">): Description {
  const { text, program, severity = 6, via } = event;
  const isNews = via === undefined || severity <= ERROR_SEVERITY;
  const who = program === undefined ? peerText(event) : `${program} of ${peerText(event)}`;
  return { level: isNews ? "info" : "debug", text: `${who} says: ${text}` };
}

/** From here on down it is an error, or worse (RFC 5424 §6.2.1). */
const ERROR_SEVERITY = 3;

function byText({ by }: { readonly by?: string }): string {
  return by === undefined ? "" : ` by the token '${by}'`;
}

/** An address, and whose it is where that is known: `10.77.0.145 (beta)`. */
function peerText({ peer, mac, host }: PeerMachine & { readonly peer: Peer }): string {
  const who = host ?? mac;
  return who === undefined ? peer.address : `${peer.address} (${who})`;
}

function describeDhcp({
  client,
  decision,
  interface: on,
  request,
  reply,
  port,
  variant,
  observed,
}: EventOf<"dhcp">): Description {
  const who = `${client.mac} (${clientText(client)}) ${request} on ${on}${port === 4011 ? " port 4011" : ""}`;
  if (decision.type === "silent" || decision.type === "refused")
    return { ...silence(decision, client), text: `${who}: ${silenceText(decision, client)}` };
  const what = offeredText(decision);
  const host = decision.type === "stranger" ? undefined : decision.host;
  const form = variant === undefined ? "" : `, ${describeVariant(variant)}`;
  return reply === undefined
    ? { level: "debug", text: `${who}: nothing to answer` }
    : {
        level: "info",
        text: `${who}: ${observed ? "would send " : ""}${reply} ${what} for ${hostText(host)}${form}`,
      };
}

function programText({ program, by, missing }: Extract<BootDecision, { type: "chain" }>): string {
  if (missing !== undefined) return `${program.name} (${missing}, which is configured, is not there)`;
  return by === "memory" ? `${program.name} (another one died on this machine)` : program.name;
}

function hostText(host: Host | undefined): string {
  return host === undefined ? "a machine that no host names" : `host ${host.name}`;
}

/** Who asks for a script, where it is not iPXE. */
const ASKING: Partial<Record<BootClient["stage"], string>> = { "u-boot": "U-Boot", kexec: "Linux" };

function describeScript({ client, decision, peer, wait = 1 }: EventOf<"script">): Description {
  const who = `${client.mac} (${ASKING[client.stage] ?? "iPXE"} at ${peer.address})`;
  switch (decision.type) {
    case "script":
      return {
        level: "info",
        text: `${who} boots host ${decision.host.name}, ${generationText(decision.generation)}`,
      };
    case "silent":
    case "refused":
      return { ...silence(decision, client), text: `${who}: ${silenceText(decision, client)}` };
    case "stranger":
      // It asks every few seconds: whoever reads the log was told the first time.
      return {
        level: wait > 1 ? "debug" : "info",
        text: `${who}: ${explainStranger(decision.policy, client)}`,
      };
    case "chain":
    case "firmware":
    case "image":
      return { level: "debug", text: `${who}: ${offeredText(decision)}` };
  }
}

/** What a machine is sent to, in a word or two. */
export function offeredText(decision: BootDecision): string {
  switch (decision.type) {
    case "chain":
      return programText(decision);
    case "firmware":
      return `its boot files (${decision.boot === "uefi" ? "UEFI" : `native, ${decision.generation?.id ?? ""}`})`;
    case "image":
      return `${decision.bootFile.file} of ${decision.generation.id}`;
    case "script":
    case "refused":
    case "stranger":
      return "its script";
    case "silent":
      return "nothing";
  }
}

function describeTransfer(event: EventOf<"transfer-ended">): Description {
  const what = `${peerText(event)} ${event.path} by ${event.via}`;
  switch (event.result) {
    case "complete":
      if (event.piPart === "first") {
        const board = `${peerText(event)} is a Raspberry Pi that fetches its boot files`;
        return { level: "info", text: `${board}, ${event.path} first` };
      }
      return {
        // Forty files for each boot; what goes wrong with one of them is told all the same.
        level: event.piPart === "more" ? "debug" : "info",
        text: `${what}: ${formatBytes(event.sentBytes)} in ${formatMs(event.durationMs)}`,
      };
    case "probed":
      return { level: "debug", text: `${what}: only probed` };
    case "stale":
      return { level: "warn", text: `${what}: the image was overwritten under way, the boot starts over` };
    case "aborted":
    case "timed-out":
    case "failed": {
      const far = `${event.result} after ${formatBytes(event.sentBytes)} of ${formatBytes(event.sizeBytes)}`;
      // What the client says is for its own screen.
      const why = event.result === "failed" && event.reason !== undefined ? `: ${event.reason}` : "";
      return { level: "warn", text: `${what}: ${far}${why}` };
    }
  }
}

function describeBug({ via, error, bytes }: EventOf<"bug">): string {
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const hex =
    bytes === undefined ? "" : ` bytes=${Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("")}`;
  return `bug in ${via}, please report it with this line: ${what}${hex}`;
}

type Silent = Extract<BootDecision, { type: "silent" | "refused" }>;

/** A stranger is no news after the first time; a machine that should boot and cannot is a warning. */
function silence({ reason }: Silent, client: BootClient): Omit<Description, "text"> {
  return { level: reason === "unknown-host" ? "info" : "warn", repeats: `silent ${client.mac} ${reason}` };
}

function silenceText({ reason, host }: Silent, client: BootClient): string {
  return explainSilence(reason, client, host?.name);
}

function clientText({ stage, arch, isa }: BootClient): string {
  const machine = (arch === undefined ? undefined : archRow(arch)?.name) ?? isa ?? "unknown architecture";
  return stage === "ipxe" ? `iPXE, ${machine}` : stage === "pi-rom" ? "Raspberry Pi" : machine;
}

function generationText(generation: Extract<BootEvent, { type: "published" }>["generation"]): string {
  const version = kernelVersionOf(generation);
  return version === undefined ? generation.id : `${generation.id} (Linux ${version})`;
}
