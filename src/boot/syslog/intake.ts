/** How much of what machines log is taken: whoever can reach the port can send anything, and as much as he likes. Pure. */

import type { Ipv4 } from "../../wire/net/ipv4.ts";

interface Source {
  /** How many lines may come at once. */
  readonly room: number;
  readonly atMs: number;
  /** Left out since it was told the last time. */
  readonly leftOut: number;
}

/** What is known of each address, the one that spoke last at the end. */
export type Intake = ReadonlyMap<Ipv4, Source>;

export const NO_INTAKE: Intake = new Map();

const MAX_SOURCES = 256;
/** A kernel says some six hundred lines while it starts. */
export const MAX_AT_ONCE = 1000;
export const LINES_A_SECOND = 50;

/** What to do with lines from an address. */
export interface Admission {
  /** How many of them are taken, from the first one on. */
  readonly taken: number;
  /** How many were left out before these; 0: none. */
  readonly leftOut: number;
}

/** @param nowMs - of a clock that only goes forward */
export function admitLines(
  intake: Intake,
  from: Ipv4,
  lines: number,
  nowMs: number,
): readonly [Intake, Admission] {
  const known = intake.get(from) ?? { room: MAX_AT_ONCE, atMs: nowMs, leftOut: 0 };
  const room = Math.min(MAX_AT_ONCE, known.room + ((nowMs - known.atMs) * LINES_A_SECOND) / 1000);
  const taken = Math.min(lines, Math.floor(room));
  const leftOut = taken > 0 ? 0 : known.leftOut;
  const next = new Map(intake);
  next.delete(from);
  next.set(from, { room: room - taken, atMs: nowMs, leftOut: leftOut + lines - taken });
  const [oldest] = next.keys();
  if (next.size > MAX_SOURCES && oldest !== undefined) next.delete(oldest);
  return [next, { taken, leftOut: taken > 0 ? known.leftOut : 0 }];
}
