/** Which other DHCP and boot servers were heard on the served networks, and which of it is news. */

import type { Ipv4 } from "../../wire/net/ipv4.ts";
import type { Mac } from "../../wire/net/mac.ts";
import type { BootEvent } from "../event.ts";
import { type BootOffer, leadsTo, type ServerAnswer } from "./server-answer.ts";

export interface OtherServer {
  readonly address: Ipv4;
  /** Of what sent its answer; absent where only a machine named it. */
  readonly mac?: Mac;
  readonly interface: string;
  readonly givesAddresses: boolean;
  /** What it gives to boot, where that does not lead to us. */
  readonly boot?: BootOffer;
  /** When it was heard last, in milliseconds since the epoch. */
  readonly lastMs: number;
  /** When the operator was told of it. */
  readonly toldMs?: number;
}

export type KnownServers = ReadonlyMap<Ipv4, OtherServer>;

export type ForeignOffer = Extract<BootEvent, { type: "foreign-offer" }>;

/** An answer as it was heard, and to whom. */
export interface HeardOffer {
  readonly interface: string;
  readonly machine: Mac;
  readonly answer: ServerAnswer;
}

export interface OwnPlace {
  /** All our addresses. */
  readonly addresses: readonly Ipv4[];
  /** Whether we give the addresses, and nobody else should. */
  readonly givesAddresses: boolean;
}

/** More than a network has, so that nobody makes the table grow by what they send. */
const MAX_SERVERS = 64;
const TELL_EVERY_MS = 3_600_000;
/** Who has not been heard for so long may have been switched off. */
const FORGET_AFTER_MS = 86_400_000;

/** What is known of them, the last one heard first. */
export function listServers(known: KnownServers, nowMs: number): readonly OtherServer[] {
  return [...known.values()]
    .filter(({ lastMs }) => nowMs - lastMs <= FORGET_AFTER_MS)
    .sort((a, b) => b.lastMs - a.lastMs);
}

/**
 * Takes in an answer that was heard. Pure.
 *
 * @returns what is known now, and the event where another server crosses our purpose: it gives something to
 * boot, or addresses where we give them
 */
export function hearAnswer(
  known: KnownServers,
  { interface: on, machine, answer }: HeardOffer,
  own: OwnPlace,
  atMs: number,
): readonly [KnownServers, ForeignOffer | undefined] {
  const { address, mac, gives } = answer;
  if (own.addresses.includes(address)) return [known, undefined];
  const boot = answer.boot === undefined || leadsTo(answer.boot, own.addresses) ? undefined : answer.boot;
  const crosses = boot !== undefined || (own.givesAddresses && gives !== undefined);
  const before = known.get(address);
  const isNews = crosses && atMs - (before?.toldMs ?? Number.NEGATIVE_INFINITY) >= TELL_EVERY_MS;
  const after: OtherServer = {
    ...before,
    ...{ address, interface: on, lastMs: atMs },
    givesAddresses: before?.givesAddresses === true || gives !== undefined,
    ...(mac === undefined ? {} : { mac }),
    ...(boot === undefined ? {} : { boot }),
    ...(isNews ? { toldMs: atMs } : {}),
  };
  if (!crosses) return [put(known, after), undefined];
  const event: ForeignOffer = {
    ...{ type: "foreign-offer", interface: on, mac: machine, server: address },
    ...(mac === undefined ? {} : { serverMac: mac }),
    ...(gives === undefined ? {} : { gives }),
    ...(boot === undefined ? {} : { boot }),
    ...(isNews ? { isNews } : {}),
  };
  return [put(known, after), event];
}

/** A machine has named the server that it takes its address from. */
export function hearNamed(
  known: KnownServers,
  { interface: on, server }: { readonly interface: string; readonly server: Ipv4 },
  own: OwnPlace,
  atMs: number,
): KnownServers {
  if (own.addresses.includes(server)) return known;
  return put(known, {
    ...known.get(server),
    ...{ address: server, interface: on, givesAddresses: true, lastMs: atMs },
  });
}

/** The one that was heard last stands last. */
function put(known: KnownServers, server: OtherServer): KnownServers {
  const others = [...known].filter(([address]) => address !== server.address);
  return new Map([...others.slice(-(MAX_SERVERS - 1)), [server.address, server]]);
}
