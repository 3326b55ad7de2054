/**
 * One boot of one machine, seen from the server, as a state machine without I/O.
 *
 * It is fed the events of one machine; those of another one never come here. From the first DISCOVER, or
 * whatever else is seen of it first, to the check-in it is one session; when the machine begins anew, so does
 * its session.
 */

import type { Mac } from "../../wire/net/mac.ts";
import type { BootEvent } from "../event.ts";
import type { LeaseSilence } from "../lease/lease-decision.ts";
import { type LiveSession, type SessionResult, tell } from "./live-session.ts";
import type { SessionMeans } from "./session-begin.ts";
import { checkInStep } from "./session-check-in.ts";
import { consoleStep } from "./session-console.ts";
import {
  addressRefusedStep,
  dhcpStep,
  foreignOfferStep,
  overheardStep,
  withAddress,
} from "./session-dhcp.ts";
import { scriptStep } from "./session-script.ts";
import { endedStep, refusedStep, startedStep } from "./session-transfer.ts";

/** The machine that an event is of; `undefined` where nobody can tell, and for what is no machine's. */
export function machineOf(event: BootEvent): Mac | undefined {
  switch (event.type) {
    case "dhcp":
    case "script":
      return event.client.mac;
    case "lease":
    case "overheard":
    case "foreign-offer":
    case "checked-in":
    case "transfer-started":
    case "transfer-ended":
    case "refused":
    case "console":
      return event.mac;
    default:
      return undefined;
  }
}

/**
 * Takes one event of a machine into account. Pure but for the names that `means` gives.
 *
 * @param live - the session that is followed of this machine; absent: none
 * @param atMs - milliseconds since the epoch
 */
export function sessionStep(
  live: LiveSession | undefined,
  event: BootEvent,
  atMs: number,
  means: SessionMeans,
): SessionResult {
  switch (event.type) {
    case "dhcp":
      return dhcpStep(live, event, atMs, means);
    case "overheard":
      return overheardStep(live, event, atMs);
    case "foreign-offer":
      return foreignOfferStep(live, event);
    case "lease":
      return leaseStep(live, event, atMs, means);
    case "script":
      return scriptStep(live, event, atMs, means);
    case "transfer-started":
      return startedStep(live, event, atMs, means);
    case "transfer-ended":
      return endedStep(live, event, atMs);
    case "refused":
      return refusedStep(live, event, atMs, means);
    case "checked-in":
      return checkInStep(live, event, atMs);
    case "console":
      return [consoleStep(live, event, atMs), []];
    default:
      return [live, []];
  }
}

function leaseStep(
  live: LiveSession | undefined,
  event: Extract<BootEvent, { type: "lease" }>,
  atMs: number,
  means: SessionMeans,
): SessionResult {
  const { client, decision } = event;
  if (client !== undefined && decision.type === "silent" && WITHOUT_ADDRESS.has(decision.reason))
    return addressRefusedStep(live, { client, reason: decision.reason }, atMs, means);
  if (live?.session.outcome !== "under-way" || decision.type !== "ack") return [live, []];
  const after = withAddress(live, decision.address, live.session.lastMs);
  return [after, tell(live, after)];
}

/** Why a machine that wants to boot stands there without an address. */
const WITHOUT_ADDRESS: ReadonlySet<LeaseSilence> = new Set(["pool-exhausted", "no-subnet", "no-reservation"]);
