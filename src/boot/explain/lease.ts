/** What Mayfly answers to a request on port 67 where it gives the addresses too, in words. */

import { formatMac } from "../../wire/net/mac.ts";
import type { BootClient } from "../client.ts";
import { namedHost } from "../decide.ts";
import { answerLease } from "../dhcp/answer-lease.ts";
import { type BootPart, bootPart } from "../dhcp/boot-part.ts";
import { destination } from "../dhcp/destination.ts";
import { decideLease } from "../lease/decide-lease.ts";
import { describeLease, describeLeaseSilence, describeNak } from "../lease/describe-lease.ts";
import type { LeaseDecision, LeaseQuestion } from "../lease/lease-decision.ts";
import type { Snapshot } from "../snapshot.ts";
import {
  type BootVerdict,
  decideHeard,
  type HeardRequest,
  type RequestExplanation,
  reasonWords,
  replyWords,
  silenceWords,
} from "./answer-words.ts";
import type { ExplainSite, Giving } from "./words.ts";

/** Every address that the book has may have to be probed; here none of them is. */
const MAX_PROBES = 8;
const ETHERNET_MTU = 1500;

/**
 * Explains by deciding. Nothing is entered into the book, and every probe is taken to find nobody.
 *
 * @param client - absent for what does not netboot, which gets an address too
 */
export function explainLease(
  heard: HeardRequest,
  client: BootClient | undefined,
  snapshot: Snapshot,
  site: ExplainSite,
  giving: Giving,
): Pick<RequestExplanation, "decision" | "mayfly" | "because" | "reply"> {
  const { packet, port, from } = heard;
  const decision = decideProbed(questionOf(heard, client, snapshot, site, giving), giving);
  const verdict = client && decideHeard(heard, client, snapshot, site);
  const server = { arrival: { self: site.self }, port, ports: site.ports, ...verdict?.form };
  const boot = client && verdict && bootPart(packet, client, verdict.decision, server);
  const reply = answerLease(packet, decision, { self: site.self, mtu: ETHERNET_MTU }, boot);
  const decided = verdict === undefined ? {} : { decision: verdict.decision };
  if (reply === undefined) return { ...decided, mayfly: noReplyWords(decision) };
  if (decision.type === "nak") return { ...decided, reply, mayfly: `sends a NAK: ${describeNak(decision)}` };
  return {
    ...decided,
    reply,
    mayfly: replyWords(reply, destination(packet, reply, port, from), heard),
    because: `${describeLease(decision)}; ${bootReason(heard, client, verdict, boot, snapshot)}`,
  };
}

function bootReason(
  { packet }: HeardRequest,
  client: BootClient | undefined,
  verdict: BootVerdict | undefined,
  boot: BootPart | undefined,
  snapshot: Snapshot,
): string {
  if (client === undefined || verdict === undefined) return "it does not boot from the network";
  return boot === undefined
    ? `of booting Mayfly says nothing to it: it ${silenceWords(client, verdict.decision, snapshot)}`
    : reasonWords(client, verdict, packet, snapshot);
}

function questionOf(
  { packet, to }: HeardRequest,
  client: BootClient | undefined,
  snapshot: Snapshot,
  { self }: ExplainSite,
  { nowMs, ownAddresses }: Giving,
): LeaseQuestion {
  const isKnown =
    client === undefined
      ? packet.hlen === 6 && snapshot.hostByMac.has(formatMac(packet.chaddr.subarray(0, 6)))
      : namedHost(client, snapshot) !== undefined;
  return {
    ...{ request: packet, self, ownAddresses, nowMs, isKnown },
    wasBroadcast: to.address === "255.255.255.255",
    ...(client === undefined ? {} : { client }),
  };
}

function decideProbed(question: LeaseQuestion, { book, table }: Giving): LeaseDecision {
  let decision = decideLease(question, book, table);
  for (let probes = 0; decision.type === "probe" && probes < MAX_PROBES; probes++) {
    decision = decideLease({ ...question, probed: { address: decision.address, inUse: false } }, book, table);
  }
  return decision;
}

function noReplyWords(decision: LeaseDecision): string {
  return decision.type === "silent"
    ? `stays silent (${decision.reason}): ${describeLeaseSilence(decision)}`
    : `sends nothing, and keeps in mind: ${describeLease(decision)}`;
}
