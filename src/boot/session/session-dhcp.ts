/** What DHCP tells of a boot: that it begins, how far it is, and that what was booted runs. */

import type { BootClient } from "../client.ts";
import type { BootDecision } from "../decide.ts";
import type { BootEvent } from "../event.ts";
import type { HostName } from "../host.ts";
import { describeVariant } from "../ladder/offer-variant.ts";
import { wantedFiles } from "./boot-files.ts";
import { isBooted } from "./booted-system.ts";
import {
  extendLast,
  type LiveSession,
  type Phase,
  reach,
  type SessionResult,
  tell,
  withFacts,
} from "./live-session.ts";
import type { Session, SessionStage } from "./session.ts";
import { begin, handOver, isAnew, type SessionMeans, supersede } from "./session-begin.ts";
import { withClient } from "./session-client.ts";

type EventOf<T extends BootEvent["type"]> = Extract<BootEvent, { type: T }>;

export function dhcpStep(
  live: LiveSession | undefined,
  event: EventOf<"dhcp">,
  atMs: number,
  means: SessionMeans,
): SessionResult {
  const { client, decision, observed } = event;
  // Nothing comes of what was not sent; what another server sent is seen when it leads to us.
  if (observed === true) return [live, []];
  const at = phaseOf(client);
  const isNew = live === undefined || (event.port === 67 && isAnew(live, at, atMs));
  const ended = isNew ? supersede(live, atMs) : [];
  // Somebody else's machine: it may boot all day, and we have nothing to do with it.
  if (isNew && isStranger(decision)) return [undefined, ended];
  const from = isNew ? begin(client.mac, at, atMs, means) : live;
  const after = takeDecision(takeRequest(from, event, at, atMs), decision, atMs);
  return [after, [...ended, ...tell(isNew ? undefined : from, after)]];
}

/** A netboot client gets no address from us, and so nothing to boot. */
export function addressRefusedStep(
  live: LiveSession | undefined,
  { client, reason }: { readonly client: BootClient; readonly reason: string },
  atMs: number,
  means: SessionMeans,
): SessionResult {
  const at = phaseOf(client);
  const isNew = live === undefined || isAnew(live, at, atMs);
  const from = isNew ? begin(client.mac, at, atMs, means) : live;
  const stage: SessionStage = at === "ipxe" ? "ipxe-dhcp" : "firmware-dhcp";
  const asked = withClient(reach(extendLast(from, stage, atMs, reason), at), client);
  const after = withOutcome(asked, "turned-away", atMs);
  return [after, [...(isNew ? supersede(live, atMs) : []), ...tell(isNew ? undefined : from, after)]];
}

function phaseOf({ stage }: BootClient): Phase {
  return stage === "ipxe" ? "ipxe" : stage === "pi-rom" ? "pi-firmware" : "firmware";
}

/** Whether nothing is told to the machine, and nobody named it: what the default host covers may be a neighbour's. */
export function isStranger(decision: BootDecision): boolean {
  return decision.type === "silent" && (decision.host === undefined || decision.isByDefault === true);
}

function takeRequest(live: LiveSession, event: EventOf<"dhcp">, at: Phase, atMs: number): LiveSession {
  const stage: SessionStage =
    event.port === 4011 ? "proxy-dhcp" : at === "ipxe" ? "ipxe-dhcp" : "firmware-dhcp";
  const asked = extendLast(live, stage, atMs, noteOf(event), event.secs);
  return withClient(reach(asked, at), event.client);
}

/** What is worth a word: that it got nothing, or an offer of another form than usual. */
function noteOf({ decision, variant, reply }: EventOf<"dhcp">): string | undefined {
  if (decision.type === "silent" || decision.type === "refused") return decision.reason;
  if (reply === undefined || variant === undefined) return undefined;
  return describeVariant(variant);
}

function takeDecision(live: LiveSession, decision: BootDecision, atMs: number): LiveSession {
  const named = withHost(live, hostOf(decision), atMs);
  if (decision.type === "silent") return withOutcome(named, "turned-away", atMs);
  const going = withOutcome(named, "under-way", atMs);
  // Firmware that fetches the image itself has no script that names a generation.
  const isOwn = decision.type === "image" || (decision.type === "firmware" && decision.boot === "native");
  if (!isOwn || decision.generation === undefined) return going;
  const { generation } = decision;
  if (going.session.generation === generation.id) return going;
  const first = decision.type === "image" ? decision.bootFile.file : undefined;
  return { ...withFacts(going, { generation: generation.id }, atMs), wanted: wantedFiles(generation, first) };
}

export function hostOf(decision: BootDecision): HostName | undefined {
  return decision.type === "stranger" ? undefined : decision.host?.name;
}

/** The first host that it was known to be; a script says it again, and counts. */
export function withHost(live: LiveSession, host: HostName | undefined, atMs: number): LiveSession {
  return host === undefined || live.session.host !== undefined ? live : withFacts(live, { host }, atMs);
}

/** Whoever has everything, or is up, stays so. */
function withOutcome(live: LiveSession, outcome: Session["outcome"], atMs: number): LiveSession {
  const { outcome: before } = live.session;
  const isOpen = before === "under-way" || before === "turned-away";
  return isOpen && before !== outcome ? withFacts(live, { outcome }, atMs) : live;
}

/** Somebody else's to answer: firmware that takes its address, or the system that was booted. */
export function overheardStep(
  live: LiveSession | undefined,
  { client, address }: EventOf<"overheard">,
  atMs: number,
): SessionResult {
  if (live === undefined) return [undefined, []];
  const { session } = live;
  if (client !== undefined) {
    const last = session.steps.at(-1);
    const stage = client.stage === "ipxe" ? "ipxe-dhcp" : "firmware-dhcp";
    if (last?.stage !== stage || session.outcome !== "under-way") return [live, []];
    const after = withAddress(extendLast(live, stage, atMs, last.note), address, atMs);
    return [after, tell(live, after)];
  }
  if (!isBooted(live, atMs)) return [live, []];
  const after = withAddress(handOver(extendLast(live, "kernel-dhcp", atMs, undefined), atMs), address, atMs);
  return [after, tell(live, after)];
}

/** A machine hears few servers; whoever floods it with made-up ones is not taken down. */
const MAX_OTHERS = 4;

/** Another server gives it something to boot: it may go there, and then it is not heard of here. */
export function foreignOfferStep(
  live: LiveSession | undefined,
  { server, boot }: EventOf<"foreign-offer">,
): SessionResult {
  if (live === undefined || boot === undefined) return [live, []];
  const { otherServers = [], lastMs } = live.session;
  if (otherServers.includes(server) || otherServers.length === MAX_OTHERS) return [live, []];
  // Nothing of the machine itself was seen: how long it stands still goes on.
  const after = withFacts(live, { otherServers: [...otherServers, server] }, lastMs);
  return [after, tell(live, after)];
}

export function withAddress(
  live: LiveSession,
  address: Session["address"] | undefined,
  atMs: number,
): LiveSession {
  return address === undefined || live.session.address === address
    ? live
    : withFacts(live, { address }, atMs);
}
