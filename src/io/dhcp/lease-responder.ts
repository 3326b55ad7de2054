/**
 * Gives addresses, and with them the boot part to those that netboot: authoritative mode.
 *
 * Decide, probe, keep, reply. While one client's address is probed or written others go on; what one
 * client sends is dealt with in order.
 */

import type { BootClient } from "../../boot/client.ts";
import { cureOf } from "../../boot/cure.ts";
import { namedHost } from "../../boot/decide.ts";
import { answerLease } from "../../boot/dhcp/answer-lease.ts";
import { bootPart } from "../../boot/dhcp/boot-part.ts";
import { identifyIfAble } from "../../boot/dhcp/identify.ts";
import { messageType } from "../../boot/dhcp/reply-type.ts";
import type { BootEvent } from "../../boot/event.ts";
import type { LeaseQuestion, ProbeResult } from "../../boot/lease/lease-decision.ts";
import { boundAddress } from "../../boot/peer.ts";
import { type DhcpPacket, ETHERNET } from "../../wire/dhcp/packet.ts";
import { type Ipv4, UNSPECIFIED } from "../../wire/net/ipv4.ts";
import { formatMac } from "../../wire/net/mac.ts";
import { whenPrepared } from "../world.ts";
import type { AddressProber } from "./address-probe.ts";
import { type BootOptions, decideBoot } from "./boot-question.ts";
import type { DhcpInquiry, DhcpResponder } from "./dhcp-inquiry.ts";
import type { KeptDecision, LeaseKeeper } from "./lease-keeper.ts";

export interface LeaseResponderOptions extends BootOptions {
  readonly leases: LeaseKeeper;
  /** Absent: no address is probed. */
  readonly prober: AddressProber | undefined;
  /** Nothing is sent: the events say so. */
  readonly observes: boolean;
  /** All addresses of this machine. */
  readonly ownAddresses: () => readonly Ipv4[];
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Every address that is found in use is followed by the next one; firmware does not wait for many. */
const MAX_PROBES = 8;

export function createLeaseResponder(options: LeaseResponderOptions): DhcpResponder {
  const { leases, prober, world } = options;

  function respond(inquiry: DhcpInquiry, question: LeaseQuestion, probes: number): void | Promise<void> {
    const { decision, kept } = leases.decide(question);
    if (decision.type !== "probe") return whenKept(inquiry, question, { decision, kept });
    world.record(leaseEvent(options, inquiry, { decision, kept }, question));
    // Nobody is told of the conflict that it may have found, so nobody waits until that is written.
    kept?.catch((error: unknown) =>
      world.record(leaseEvent(options, inquiry, { decision, kept }, question, error)),
    );
    if (probes === MAX_PROBES) return;
    return probe(inquiry, decision.address).then((probed) =>
      respond(inquiry, { ...question, nowMs: options.now(), probed }, probes + 1),
    );
  }

  async function probe({ request, arrival }: DhcpInquiry, address: Ipv4): Promise<ProbeResult> {
    const mac = hardwareAddress(request);
    const isRelayed = request.giaddr !== UNSPECIFIED;
    const inUse = (await prober?.isInUse({ address, arrival, isRelayed, owner: mac })) ?? false;
    return { address, inUse };
  }

  function whenKept(inquiry: DhcpInquiry, question: LeaseQuestion, made: KeptDecision): void | Promise<void> {
    const { client } = question;
    const finish = () => {
      // Who gets no address takes nothing.
      const asks = client !== undefined && isGranted(made) && !options.observes;
      const answer = () => reply(options, inquiry, question, made);
      return asks ? whenPrepared(world, { client }, answer) : answer();
    };
    if (made.kept === undefined) return finish();
    return made.kept.then(finish, (error: unknown) =>
      world.record(leaseEvent(options, inquiry, made, question, error)),
    );
  }

  return (inquiry) => respond(inquiry, questionOf(inquiry, options), 0);
}

function questionOf(
  { request, arrival, wasBroadcast }: DhcpInquiry,
  { world, ownAddresses, now }: LeaseResponderOptions,
): LeaseQuestion {
  const client = identifyIfAble(request);
  const snapshot = world.snapshot();
  const isKnown =
    client === undefined
      ? snapshot.hostByMac.has(hardwareAddress(request))
      : namedHost(client, snapshot) !== undefined;
  return {
    request,
    self: arrival.self,
    link: boundAddress(arrival),
    ownAddresses: ownAddresses(),
    nowMs: now(),
    isKnown,
    wasBroadcast,
    ...(client !== undefined && { client }),
  };
}

/** Sends what was decided, and records it: the address, and for a netboot client what it boots. */
function reply(
  options: LeaseResponderOptions,
  inquiry: DhcpInquiry,
  { client }: LeaseQuestion,
  made: KeptDecision,
): void {
  const { world, ports, observes } = options;
  const { request, arrival, port } = inquiry;
  // Who gets no address gets nothing to boot either, and nothing is learnt from that.
  const asking = isGranted(made) ? client : undefined;
  const boot = asking && { client: asking, ...decideBoot({ request, client: asking, port }, options) };
  const part = boot && bootPart(request, boot.client, boot.decision, { arrival, port, ports, ...boot.form });
  const packet = answerLease(request, made.decision, arrival, part);
  if (packet !== undefined) inquiry.reply(packet);
  world.record(leaseEvent(options, inquiry, made, { client }));
  if (boot === undefined || packet === undefined) return;
  const type = messageType(packet);
  world.record({
    type: "dhcp",
    interface: arrival.interface,
    port,
    request: messageType(request) ?? "BOOTP",
    ...(request.secs > 0 && { secs: request.secs }),
    client: boot.client,
    decision: boot.decision,
    ...((type === "OFFER" || type === "ACK") && { reply: type, ...boot.form }),
    ...(observes && { observed: true }),
  });
}

function isGranted({ decision: { type } }: KeptDecision): boolean {
  return type === "offer" || type === "ack" || type === "inform-ack";
}

function leaseEvent(
  { observes }: LeaseResponderOptions,
  { request, arrival }: DhcpInquiry,
  { decision }: KeptDecision,
  { client }: { readonly client?: BootClient | undefined },
  error?: unknown,
): BootEvent {
  return {
    type: "lease",
    interface: arrival.interface,
    mac: hardwareAddress(request),
    request: messageType(request) ?? "BOOTP",
    ...(client !== undefined && { client }),
    decision,
    ...(error !== undefined && { unkept: inWords(error) }),
    ...(observes && { observed: true }),
  };
}

function inWords(error: unknown): { readonly text: string; readonly cure?: string } {
  const text = error instanceof Error ? error.message : String(error);
  const cure = cureOf(error);
  return { text, ...(cure === undefined ? {} : { cure }) };
}

/** The client's hardware address as people write it, whatever network it is on. */
export function hardwareAddress({ htype, hlen, chaddr }: DhcpPacket): string {
  if (htype === ETHERNET && hlen === 6) return formatMac(chaddr.subarray(0, 6));
  const bytes = Array.from(chaddr.subarray(0, hlen), (byte) => byte.toString(16).padStart(2, "0"));
  return `${htype}/${bytes.join(":")}`;
}
