/**
 * Which conversations are those of one machine, and what is kept of one of which nobody knows that yet. Pure.
 *
 * TFTP and HTTP know an address only. Where another server gives the addresses, or two machines share one, a
 * request or the decision about it tells later whose it is; until then its packets are held back.
 */

import type { Ipv4 } from "../../wire/net/ipv4.ts";
import type { Mac } from "../../wire/net/mac.ts";
import type { Peer } from "../peer.ts";

export interface Flows<Packet> {
  /** Those of which somebody has said that they are the machine's, by address and port. */
  readonly claimed: ReadonlySet<string>;
  /** The others, by address and port. */
  readonly held: ReadonlyMap<string, Held<Packet>>;
}

interface Held<Packet> {
  readonly peer: Peer;
  readonly packets: readonly Packet[];
  /** How many more there were. */
  readonly lost: number;
}

export interface FlowQuestion {
  readonly mac: Mac;
  /** Everything of this address is wanted, whoever is there. */
  readonly address?: Ipv4;
}

export const NO_FLOWS: Flows<never> = { claimed: new Set(), held: new Map() };

/** Conversations of a machine that are known as its own. */
const MAX_CLAIMED = 1024;
/** Conversations that are held back, and packets of each: their beginnings, which tell the most. */
const MAX_HELD = 64;
const MAX_HELD_OF_ONE = 64;

/** Whether a packet is the machine's. @param holder - who is known to be at that address */
export function judgeFlow(
  { claimed }: Flows<unknown>,
  peer: Peer,
  { mac, address }: FlowQuestion,
  holder: Mac | undefined,
): "own" | "foreign" | "unknown" {
  if (peer.address === address || claimed.has(keyOf(peer)) || holder === mac) return "own";
  return holder === undefined ? "unknown" : "foreign";
}

/** Keeps a packet until somebody knows whose it is; the oldest conversation makes room. */
export function holdBack<Packet>(flows: Flows<Packet>, peer: Peer, packet: Packet): Flows<Packet> {
  const key = keyOf(peer);
  const { packets, lost } = flows.held.get(key) ?? { packets: [], lost: 0 };
  const isFull = packets.length >= MAX_HELD_OF_ONE;
  const held = new Map(flows.held);
  held.set(key, isFull ? { peer, packets, lost: lost + 1 } : { peer, packets: [...packets, packet], lost });
  const [oldest] = held.keys();
  if (held.size > MAX_HELD && oldest !== undefined) held.delete(oldest);
  return { ...flows, held };
}

/** What was held back of conversations that are the machine's after all. */
export interface Released<Packet> {
  readonly packets: readonly Packet[];
  readonly lost: number;
}

/** A conversation is the machine's. */
export function claimFlow<Packet>(
  flows: Flows<Packet>,
  peer: Peer,
): readonly [Flows<Packet>, Released<Packet>] {
  const key = keyOf(peer);
  if (flows.claimed.has(key)) return [flows, NOTHING];
  const claimed = new Set(flows.claimed).add(key);
  const [oldest] = claimed;
  if (claimed.size > MAX_CLAIMED && oldest !== undefined) claimed.delete(oldest);
  const held = new Map(flows.held);
  const found = held.get(key) ?? NOTHING;
  held.delete(key);
  return [{ claimed, held }, found];
}

const NOTHING: Released<never> = { packets: [], lost: 0 };

/** The conversations that are held back. */
export function heldPeers(flows: Flows<unknown>): readonly Peer[] {
  return [...flows.held.values()].map(({ peer }) => peer);
}

function keyOf({ address, port }: Peer): string {
  return `${address}:${port}`;
}
