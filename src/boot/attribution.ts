/**
 * Which machine is behind an IP address, as far as packets tell. Pure.
 *
 * TFTP and HTTP know an address only. It is learnt from what machines say about themselves; where two of
 * them were seen behind one address, as behind a router that translates addresses, nobody is guessed.
 */

import type { Mac } from "../wire/net/mac.ts";

/**
 * How a machine was seen at an address.
 *
 * - `lease`: it said that the address is its own, to a DHCP server or to us
 * - `request`: something that names it came from there; a router may stand between
 */
export type SightingKind = "lease" | "request";

export interface Holder {
  readonly mac: Mac;
  readonly lastMs: number;
}

/** Those seen at one address lately, the last one first. */
export type Holders = readonly Holder[];

/** So long a sighting counts: a boot takes minutes, and addresses are given to others. */
const SIGHTING_MS = 30 * 60_000;
/** More than one is ambiguous already; a second one for what ages meanwhile. */
const MAX_HOLDERS = 3;

/**
 * Takes a sighting into account.
 *
 * An address has one holder at a time: whoever took it over by DHCP is the only one. A mere request adds
 * to those that are known.
 */
export function sight(holders: Holders, mac: Mac, kind: SightingKind, nowMs: number): Holders {
  const others = kind === "lease" ? [] : current(holders, nowMs).filter((each) => each.mac !== mac);
  return [{ mac, lastMs: nowMs }, ...others].slice(0, MAX_HOLDERS);
}

/** The only machine that was seen there lately; `undefined` for none and for several. */
export function holderOf(holders: Holders, nowMs: number): Mac | undefined {
  const [only, ...more] = current(holders, nowMs);
  return more.length === 0 ? only?.mac : undefined;
}

/** Whether somebody else than this machine was seen there lately. */
export function isShared(holders: Holders, mac: Mac, nowMs: number): boolean {
  return current(holders, nowMs).some((each) => each.mac !== mac);
}

/** The only one of those that were seen there lately that can have done something; `undefined` for none and for several. */
export function holderAmong(holders: Holders, can: (mac: Mac) => boolean, nowMs: number): Mac | undefined {
  return holderOf(
    holders.filter(({ mac }) => can(mac)),
    nowMs,
  );
}

function current(holders: Holders, nowMs: number): Holders {
  return holders.filter(({ lastMs }) => nowMs - lastMs <= SIGHTING_MS);
}
