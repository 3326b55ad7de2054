/** Puts an event of the server into the shape that the event stream has. Pure. */

import { archRow } from "../../boot/arch.ts";
import type { BootDecision } from "../../boot/decide.ts";
import { describe } from "../../boot/describe.ts";
import type { BootEvent, TransferFacts } from "../../boot/event.ts";
import { kernelVersionOf } from "../../boot/generation.ts";
import { nixosVersionIn } from "../../boot/history/system-name.ts";
import type { LeaseDecision } from "../../boot/lease/lease-decision.ts";
import { briefly } from "../../boot/machine/seen.ts";
import { describeBootOffer } from "../../boot/other-servers/server-answer.ts";
import { isWell } from "../../boot/session/check-in.ts";
import type { SessionId } from "../../boot/session/session.ts";
import { isoTime, present } from "../present.ts";
import type { PublicEvent } from "../schema/events.ts";
import { viewBuild } from "../view-build.ts";
import { viewHeldBack } from "../view-rollout.ts";
import { viewDiagnosis, viewSession } from "../view-session.ts";
import { redact } from "./redact.ts";

type EventOf<T extends BootEvent["type"]> = Extract<BootEvent, { type: T }>;

interface Line {
  readonly at: string;
  readonly level: "debug" | "info" | "warn" | "error";
  readonly text: string;
}

/** Where a line of a machine's stands among those of its boot. */
export interface ConsolePlace {
  readonly boot: SessionId;
  readonly number: number;
}

/**
 * @param atMs - when it happened, in milliseconds since 1970
 * @param place - of a line that a machine said in a boot which is followed
 */
export function publicEvent(event: BootEvent, atMs: number, place?: ConsolePlace): PublicEvent {
  const { level, text } = describe(event);
  // Of a mistake of ours the log has the trace; paths and packets are not for whoever may see.
  const shown = event.type === "bug" ? `bug in ${event.via}: the log says more` : redact(text);
  const line = { at: isoTime(atMs), level, text: shown };
  return event.type === "console" ? consoleLine(event, line, place) : withFields(event, line);
}

function withFields(event: Exclude<BootEvent, { type: "console" }>, line: Line): PublicEvent {
  switch (event.type) {
    case "dhcp":
      return dhcp(event, line);
    case "lease":
      return lease(event, line);
    case "script":
      return script(event, line);
    case "transfer-started":
    case "transfer-ended":
      return transfer(event, line);
    case "refused":
      return refused(event, line);
    case "checked-in":
      return checkedIn(event, line);
    case "session":
      return session(event, line);
    case "check-in-refused": {
      const { type, peer, reason } = event;
      return { type, ...line, address: peer.address, reason, ...whose(event) };
    }
    case "overheard": {
      const { type, mac, interface: on, request, client, address } = event;
      return { type, ...line, mac, interface: on, request, ...present({ stage: client?.stage, address }) };
    }
    case "foreign-offer":
      return foreignOffer(event, line);
    case "build": {
      const { log: _log, ...build } = viewBuild(event.build);
      return { type: event.type, ...line, change: event.change, host: event.host, build };
    }
    case "diagnosed": {
      const { type, session: boot, mac, host, repeated, diagnosis } = event;
      return {
        type,
        ...line,
        boot,
        mac,
        ...present({ host, repeated }),
        diagnosis: viewDiagnosis(diagnosis),
      };
    }
    case "published":
      return published(event, line);
    case "rollout":
      return rollout(event, line);
    case "trouble":
      return { type: event.type, ...line, image: event.image, reason: event.reason };
    case "withdrawn":
      return { type: event.type, ...line, image: event.image };
    case "dropped":
      return { type: event.type, ...line, generation: event.generation };
    case "hosts": {
      const [added, removed] = [[...event.added], [...event.removed]];
      return { type: event.type, ...line, hosts: [...added, ...event.changed, ...removed], added, removed };
    }
    case "approved":
    case "unapproved":
      return { type: event.type, ...line, mac: event.mac, host: event.host, ...present({ by: event.by }) };
    case "steered": {
      const { type, method, path, by } = event;
      return { type, ...line, method, path: redact(path), ...present({ by }) };
    }
    case "notice":
      return { type: event.type, ...line, ...present({ cure: event.cure }) };
    case "malformed":
      return {
        type: event.type,
        ...line,
        via: event.via,
        address: event.peer.address,
        code: event.code,
      };
    case "bug":
      return { type: event.type, ...line, via: event.via };
    default:
      return other(event, line);
  }
}

function consoleLine(event: EventOf<"console">, line: Line, place?: ConsolePlace): PublicEvent {
  const { type, peer, program, severity, text } = event;
  return {
    ...{ type, ...line, address: peer.address, said: redact(text), ...place },
    ...present({ program, severity }),
    ...whose(event),
  };
}

/** What has no shape of its own yet is told by its line, and found by whom it concerns. */
function other(event: { readonly type: string }, line: Line): PublicEvent {
  const of = event.type;
  const mac = "mac" in event && typeof event.mac === "string" ? event.mac : undefined;
  const host = "host" in event && typeof event.host === "string" ? event.host : undefined;
  return { type: "other", ...line, of, ...present({ mac, host }) };
}

function published(
  { type, image, generation, heldBack = [] }: EventOf<"published">,
  line: Line,
): PublicEvent {
  const held = heldBack.length === 0 ? undefined : heldBack.map(viewHeldBack);
  return {
    ...{ type, ...line, image, generation: generation.id },
    ...present({
      nixos: nixosVersionIn(generation.kernelParams),
      kernel: kernelVersionOf(generation),
      heldBack: held,
    }),
  };
}

function foreignOffer(event: EventOf<"foreign-offer">, line: Line): PublicEvent {
  const { type, mac, interface: on, server, serverMac, gives, boot } = event;
  return {
    ...{ type, ...line, mac, interface: on, server },
    ...present({ serverMac, gives, boots: boot === undefined ? undefined : describeBootOffer(boot) }),
  };
}

function dhcp(event: EventOf<"dhcp">, line: Line): PublicEvent {
  const { client, decision, interface: on, port, request, reply, variant, observed } = event;
  const { mac, stage, arch } = client;
  return {
    ...{ type: event.type, ...line, mac, interface: on, port, request, stage },
    told: briefly(decision),
    ...present({ host: hostOf(decision), arch: archText(client, arch), reply, variant, observed }),
  };
}

function archText({ isa }: { readonly isa?: string }, arch: number | undefined): string | undefined {
  return (arch === undefined ? undefined : archRow(arch)?.name) ?? isa;
}

function script(event: EventOf<"script">, line: Line): PublicEvent {
  const { client, decision, peer, wait } = event;
  return {
    ...{ type: event.type, ...line, mac: client.mac, address: peer.address },
    told: briefly(decision),
    ...present({ host: hostOf(decision), wait }),
  };
}

function hostOf(decision: BootDecision): string | undefined {
  return "host" in decision ? decision.host?.name : undefined;
}

function lease(event: EventOf<"lease">, line: Line): PublicEvent {
  const { mac, interface: on, request, decision } = event;
  const reason = "reason" in decision ? decision.reason : undefined;
  return {
    ...{ type: event.type, ...line, mac, interface: on, request, decision: decision.type },
    ...present({ address: addressOf(decision), host: reservedFor(decision), reason }),
  };
}

function addressOf(decision: LeaseDecision): string | undefined {
  return "address" in decision ? decision.address : undefined;
}

function reservedFor(decision: LeaseDecision): string | undefined {
  return "reservation" in decision ? decision.reservation?.host : undefined;
}

function transfer(event: EventOf<"transfer-started"> | EventOf<"transfer-ended">, line: Line): PublicEvent {
  const type = "transfer";
  if (event.type === "transfer-started") return { type, ...line, state: "started", ...transferKey(event) };
  const { result, sentBytes, durationMs, reason } = event;
  return {
    ...{ type, ...line, state: "ended", ...transferKey(event), result, sentBytes, durationMs },
    ...present({ reason }),
  };
}

/** Which transfer it is, and of what. */
export function transferKey({ via, peer, path, sizeBytes, generation, mac, host }: TransferFacts) {
  return {
    ...{ via, address: peer.address, port: peer.port, path: redact(path), sizeBytes },
    ...present({ mac, host, generation }),
  };
}

function refused(event: EventOf<"refused">, line: Line): PublicEvent {
  const { type, via, peer, path, reason, expected } = event;
  return {
    ...{ type, ...line, via, address: peer.address, path: redact(path), reason: redact(reason), expected },
    ...whose(event),
  };
}

function checkedIn(event: EventOf<"checked-in">, line: Line): PublicEvent {
  const { type, peer, mac, host, generation, checkIn } = event;
  const { kernel, failedUnits, missingMounts, missingFiles } = checkIn;
  return {
    ...{ type, ...line, mac, address: peer.address, generation, well: isWell(checkIn) },
    failedUnits: [...failedUnits],
    missingMounts: [...missingMounts],
    missingFiles: [...missingFiles],
    ...present({ host, kernel }),
  };
}

function rollout(event: EventOf<"rollout">, line: Line): PublicEvent {
  const { type, change, hosts, generation, mac, reason, instead } = event;
  const [host, ...others] = hosts;
  const only = others.length === 0 ? { host } : {};
  return {
    type,
    ...line,
    change,
    hosts: [...hosts],
    ...present({ ...only, generation, mac, reason, instead }),
  };
}

/** How far what it fetches is, `progress` tells. */
function session({ type, change, session: boot }: EventOf<"session">, line: Line): PublicEvent {
  const { mac, host } = boot;
  return { type, ...line, change, mac, ...present({ host }), session: viewSession(boot, []) };
}

function whose({ mac, host }: { readonly mac?: string; readonly host?: string }) {
  return present({ mac, host });
}
