/** Puts what became of a request for an address into one line of the log, and says how much it matters. */

import { formatIpv4Prefix } from "../../wire/net/ipv4-prefix.ts";
import type { Description } from "../description.ts";
import type { BootEvent } from "../event.ts";
import { describeLease } from "./describe-lease.ts";
import type { LeaseDecision, Silence } from "./lease-decision.ts";

type LeaseEvent = Extract<BootEvent, { type: "lease" }>;
type Weight = Omit<Description, "text">;

/** One line for one decision. */
export function describeLeaseEvent(event: LeaseEvent): Description {
  const { decision, mac, request, interface: on, unkept, observed } = event;
  const who = `${mac} ${request} on ${on}`;
  if (unkept !== undefined) {
    const cure = unkept.cure === undefined ? "" : `; ${unkept.cure}`;
    return {
      level: "error",
      text: `${who}: not answered, since it could not be kept: ${unkept.text}${cure}`,
      repeats: `unkept ${unkept.text}`,
    };
  }
  const text = `${who}: ${observed ? "would be: " : ""}${describeLease(decision)}`;
  if (decision.conflict === undefined) return { text, ...weigh(decision, event) };
  const conflict = `${decision.conflict} is in use by a machine that was not given it, and is left out for now`;
  return { level: "warn", text: `${conflict}; ${text}` };
}

function weigh(decision: LeaseDecision, { mac, interface: on }: LeaseEvent): Weight {
  switch (decision.type) {
    case "offer":
    case "probe":
    case "inform-ack":
      return { level: "debug" };
    case "ack":
      return { level: decision.kind === "renewing" ? "debug" : "info" };
    case "nak":
      return { level: "info", repeats: `nak ${mac} ${decision.address} ${decision.reason}` };
    case "released":
      return { level: "info" };
    case "declined":
      return { level: "warn" };
    case "silent":
      return weighSilence(decision, mac, on);
  }
}

/** What is the operator's to mend is said once for all machines that meet it. */
function weighSilence(silence: Silence, mac: string, on: string): Weight {
  switch (silence.reason) {
    case "no-subnet":
      return { level: "warn", repeats: `no-subnet ${silence.link}` };
    case "pool-exhausted":
      return { level: "warn", repeats: `exhausted ${formatIpv4Prefix(silence.subnet)}` };
    case "foreign-server":
      return { level: "warn", repeats: `foreign ${on} ${silence.server}` };
    case "no-reservation":
      return { level: "info", repeats: `no-reservation ${mac}` };
    case "bootp":
    case "no-identity":
    case "own-other-address":
    case "not-its-lease":
    case "not-a-request":
      return { level: "debug" };
  }
}
