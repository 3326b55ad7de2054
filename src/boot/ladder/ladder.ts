/**
 * The ladder: which form a machine's offers have, from what came of the ones before. Pure.
 *
 * One ladder is kept for each machine and kind of client. An *attempt* is what firmware does in one
 * go: a DISCOVER and its repeats. Each begins with the ladder's *head*, the form that has worked, or the
 * best one of the kind; a client that repeats itself is offered another one later in the same attempt.
 *
 * A client that works at the head is not made slower:
 *
 * - With a DHCP server that answers, it repeats nothing. EDK2 sends its DISCOVER at 0, 4, 12 and 28 s
 *   (`mPxeDhcpTimeout`), collects offers until the next one is due and then goes on; iPXE starts at 1 s
 *   and doubles up to 10 s. The other form is sent at the third DISCOVER, 8 s after the first at the
 *   earliest, so that a server that takes 3 s to look for conflicts, or one lost packet, moves nobody.
 * - While the other DHCP server is slow or absent, clients repeat themselves whatever we offer, and no
 *   packet that we see tells this from an offer that is not understood. So the first two offers of each
 *   attempt stay the head's, and firmware keeps every offer of an attempt: what comes later adds to
 *   the first, and does not take it back. A form that has worked is alone for two whole attempts more.
 * - The head itself moves when the client took an address and then did not come to us, or asked 4011
 *   and fetched nothing, twice in a row: then nobody was slow. A head that never worked moves also when
 *   a whole round came to nothing, for firmware that keeps its first proxy offer only; then it stands
 *   second in each attempt. A proven one does not move for mere repeats.
 * - What seems to have worked after the head becomes the head when it does so twice.
 * - A link that comes up late (spanning tree) eats the first DISCOVERs: only those that arrive count.
 *   Repeats within two seconds are one: the same packet by two interfaces, or by a relay too.
 *
 * Transaction ids are not looked at: BIOS ROMs make theirs from the MAC address and never change it,
 * others change it with each try. Where an attempt ends is told by `secs` and by time.
 *
 * @see EDK2 NetworkPkg/UefiPxeBcDxe/PxeBcDhcp4.c (offers are cached, then selected), Dhcp4Dxe/Dhcp4Io.c
 * (DhcpOnTimerTick); iPXE src/config/dhcp.h
 */

import { creditFor, type Sign } from "./credit.ts";
import { type OfferKind, type OfferVariant, variantsOf } from "./offer-variant.ts";

export interface Ladder {
  /** What an attempt begins with. */
  readonly head: OfferVariant;
  /** Whether the head has worked. */
  readonly isProven: boolean;
  /** What seemed to work after the head did not: the head, if it does so once more. */
  readonly candidate?: OfferVariant;
  /** Attempts in a row that ended with nothing but repeats. */
  readonly strikes: number;
  /** Attempts in a row in which the client had an address and did not come to us. */
  readonly refusals: number;
  /** Moves since it last went on. */
  readonly moves: number;
  /** The last one, over or not. */
  readonly attempt?: Attempt;
}

export interface Attempt {
  readonly startedMs: number;
  /** Of the last DISCOVER that counted. */
  readonly lastMs: number;
  /** The header's `secs` of it. */
  readonly secs: number;
  /** DISCOVERs that counted. */
  readonly count: number;
  /** What was offered, each once, in this order; the last one is what is offered now. */
  readonly offered: readonly [OfferVariant, ...OfferVariant[]];
  /** How often the last one was offered, and since when. */
  readonly times: number;
  readonly sinceMs: number;
  /** How far the client came, as far as we saw. */
  readonly sign: Sign;
  /** Whether it asked for the boot file, or runs what it loaded. */
  readonly wentOn: boolean;
}

export type LadderEvent =
  /** A DISCOVER that will be answered. `doubtMs`: when somebody last fetched a boot program whom we do not know. */
  | { readonly type: "discover"; readonly secs: number; readonly doubtMs?: number }
  /** It asked port 4011, with the entry of a menu or without one. */
  | { readonly type: "asked-4011"; readonly hasItem: boolean }
  /** It took an address, ours or another server's. */
  | { readonly type: "address-taken" }
  /** It asked for the boot file, or the boot file runs. */
  | { readonly type: "went-on" };

export type LadderEffect =
  /** What it is offered became different, since the one before came to nothing. */
  | {
      readonly type: "moved";
      readonly from: OfferVariant;
      readonly to: OfferVariant;
      /** How often `from` was offered: in this attempt, or attempts in a row. */
      readonly times: number;
      readonly why: "repeats" | "address" | "4011";
    }
  /** What is kept across restarts became different. */
  | { readonly type: "learnt" };

export type LadderStep = readonly [Ladder, readonly LadderEffect[]];

/** DISCOVERs closer than this are one. */
const DUPLICATE_MS = 2_000;
/** Longer silence ends an attempt. EDK2's last wait is 32 s, after which it has given up. */
const ATTEMPT_GAP_MS = 31_000;
/** A form has its chance for so many offers, and so long. */
const OFFERS_EACH = 2;
const OFFER_MS = 8_000;
/** Attempts after which a form that did work once is doubted. */
const PROVEN_STRIKES = 2;
/** Attempts in a row after which the head has failed for sure. */
const REFUSALS = 2;

/** A ladder of which nothing is known, or only what has worked. */
export function startLadder(kind: OfferKind, worked?: OfferVariant): Ladder {
  const head = worked ?? variantsOf(kind)[0];
  return { head, isProven: worked !== undefined, strikes: 0, refusals: 0, moves: 0 };
}

/** The form of an offer that leaves now. */
export function offeredNow({ attempt, head }: Ladder): OfferVariant {
  return attempt?.offered.at(-1) ?? head;
}

/** The form of an answer on 4011: that of the offer which made the client ask there. */
export function answeredOn4011(kind: OfferKind, { attempt, head }: Ladder, hasItem: boolean): OfferVariant {
  if (attempt === undefined) return head;
  return creditFor(kind, attempt.offered, hasItem ? "menu" : "4011").variant;
}

/** Takes one event into account. */
export function step(kind: OfferKind, ladder: Ladder, event: LadderEvent, nowMs: number): LadderStep {
  switch (event.type) {
    case "discover":
      return discover(kind, ladder, event, nowMs);
    case "asked-4011":
      return [signed(ladder, event.hasItem ? "menu" : "4011"), []];
    case "address-taken":
      return [ladder.attempt?.sign === "none" ? signed(ladder, "address") : ladder, []];
    case "went-on":
      return wentOn(kind, ladder);
  }
}

type Discover = Extract<LadderEvent, { type: "discover" }>;

function discover(kind: OfferKind, ladder: Ladder, event: Discover, nowMs: number): LadderStep {
  const { attempt } = ladder;
  if (attempt === undefined || !isRepeat(attempt, event, nowMs)) {
    const [judged, effects] = judge(kind, ladder, event.doubtMs);
    return [{ ...judged, attempt: startAttempt(kind, judged, event.secs, nowMs) }, effects];
  }
  if (nowMs - attempt.lastMs < DUPLICATE_MS) return [ladder, []];
  const counted = { ...attempt, lastMs: nowMs, secs: event.secs, count: attempt.count + 1 };
  const next = nextVariant(kind, ladder, attempt, nowMs);
  if (next === undefined) return [{ ...ladder, attempt: { ...counted, times: attempt.times + 1 } }, []];
  const from = offeredNow(ladder);
  const moved = { ...counted, offered: withLast(attempt.offered, next), times: 1, sinceMs: nowMs };
  return [
    { ...ladder, moves: ladder.moves + 1, attempt: moved },
    tellMove(kind, ladder, { type: "moved", from, to: next, times: attempt.times, why: "repeats" }),
  ];
}

/** Firmware that asks on, rather than from the start: what it got so far was of no use to it. */
function isRepeat(attempt: Attempt, { secs }: Discover, nowMs: number): boolean {
  const isOver = attempt.wentOn || attempt.sign !== "none";
  return !isOver && secs >= attempt.secs && nowMs - attempt.lastMs <= ATTEMPT_GAP_MS;
}

function startAttempt(kind: OfferKind, ladder: Ladder, secs: number, nowMs: number): Attempt {
  const [first] = planOf(kind, ladder);
  return {
    startedMs: nowMs,
    lastMs: nowMs,
    secs,
    count: 1,
    offered: [first],
    times: 1,
    sinceMs: nowMs,
    sign: "none",
    wentOn: false,
  };
}

/** What this attempt offers next; `undefined` while the present form still has its chance. */
function nextVariant(
  kind: OfferKind,
  ladder: Ladder,
  { offered, times, sinceMs }: Attempt,
  nowMs: number,
): OfferVariant | undefined {
  if (times < OFFERS_EACH || nowMs - sinceMs < OFFER_MS) return undefined;
  const plan = planOf(kind, ladder);
  const at = plan.indexOf(offered[offered.length - 1] ?? plan[0]);
  const next = plan[(at + 1) % plan.length];
  return plan.length === 1 ? undefined : next;
}

/**
 * What an attempt offers, in this order.
 *
 * The head and then one other after the other, each attempt another one first. When all were second in
 * vain, a head that never worked lets each of them be first once.
 */
export function planOf(
  kind: OfferKind,
  { head, isProven, candidate, strikes }: Ladder,
): readonly [OfferVariant, ...OfferVariant[]] {
  const others = variantsOf(kind).filter((each) => each !== head);
  if (candidate !== undefined) return [head, candidate, ...others.filter((each) => each !== candidate)];
  const round = isProven ? strikes - PROVEN_STRIKES : strikes;
  if (others.length === 0 || round < 0) return [head];
  const turn = round % others.length;
  const rotated = [...others.slice(turn), ...others.slice(0, turn)];
  const isSecondRound = Math.floor(round / others.length) % 2 === 1;
  const [first = head, ...rest] = rotated;
  return isSecondRound && !isProven ? [first, head, ...rest] : [head, ...rotated];
}

/** What the attempt that is over says about the head. */
function judge(kind: OfferKind, ladder: Ladder, doubtMs: number | undefined): LadderStep {
  const { attempt, head } = ladder;
  if (attempt === undefined || attempt.wentOn) return [ladder, []];
  // It may well have been this machine that fetched a program from an address that tells nobody.
  if (doubtMs !== undefined && doubtMs >= attempt.startedMs) return [ladder, []];
  const isSure = attempt.sign !== "none" && attempt.offered.length === 1 && attempt.offered[0] === head;
  if (isSure) return refused(kind, ladder, attempt.sign === "address" ? "address" : "4011");
  // One that asked but once may just have been switched off.
  return attempt.count < OFFERS_EACH ? [ladder, []] : [{ ...ladder, strikes: ladder.strikes + 1 }, []];
}

function refused(kind: OfferKind, ladder: Ladder, why: "address" | "4011"): LadderStep {
  const variants = variantsOf(kind);
  const refusals = ladder.refusals + 1;
  if (refusals < REFUSALS || variants.length === 1) return [{ ...ladder, refusals }, []];
  const from = ladder.head;
  const to = variants[(variants.indexOf(from) + 1) % variants.length] ?? from;
  const moves = ladder.moves + 1;
  const { candidate: _none, ...rest } = ladder;
  const next = { ...rest, head: to, isProven: false, strikes: 0, refusals: 0, moves };
  const told = tellMove(kind, ladder, { type: "moved", from, to, times: refusals, why });
  return [next, ladder.isProven ? [...told, { type: "learnt" }] : told];
}

/** A machine that nothing helps goes round for ever; two rounds of it are told. */
function tellMove(kind: OfferKind, { moves }: Ladder, effect: LadderEffect): readonly LadderEffect[] {
  return moves < 2 * variantsOf(kind).length ? [effect] : [];
}

function wentOn(kind: OfferKind, ladder: Ladder): LadderStep {
  const { attempt, head, isProven, candidate } = ladder;
  if (attempt === undefined || attempt.wentOn) return [ladder, []];
  const { variant } = creditFor(kind, attempt.offered, attempt.sign);
  const over = { strikes: 0, refusals: 0, moves: 0, attempt: { ...attempt, wentOn: true } };
  const learnt = [{ type: "learnt" }] as const;
  if (variant === head) {
    return [{ ...over, head, isProven: true }, isProven && candidate === undefined ? [] : learnt];
  }
  // The head had its two offers before it: perhaps the other DHCP server was slow, and nothing else.
  if (attempt.offered[0] === head && variant !== candidate) {
    return [{ ...over, head, isProven, candidate: variant }, learnt];
  }
  return [{ ...over, head: variant, isProven: attempt.offered.length === 1 }, learnt];
}

function signed(ladder: Ladder, sign: Sign): Ladder {
  const { attempt } = ladder;
  return attempt === undefined || attempt.wentOn ? ladder : { ...ladder, attempt: { ...attempt, sign } };
}

function withLast(
  [first, ...rest]: readonly [OfferVariant, ...OfferVariant[]],
  last: OfferVariant,
): readonly [OfferVariant, ...OfferVariant[]] {
  const kept = [first, ...rest].filter((each) => each !== last);
  const [head, ...tail] = kept;
  return head === undefined ? [last] : [head, ...tail, last];
}
