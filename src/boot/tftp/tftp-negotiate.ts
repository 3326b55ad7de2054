/** What a TFTP transfer agrees on: only options that the client asked for, within what its link carries. */

import type { TftpOption } from "../../wire/tftp/option.ts";

/** Without `blksize`. @see RFC 1350 §2 */
export const DEFAULT_BLOCK_SIZE = 512;

/** IPv4, UDP and TFTP headers, as RFC 2348 counts them: 1468 on Ethernet. */
const HEADER_BYTES = 32;

/** @see RFC 2348 */
const BLOCK_SIZE_RANGE = { min: 8, max: 65464 } as const;

/** As many as one segmented send can carry, and as tftp-hpa grants; firmware asks for 4 (T3). */
const MAX_WINDOW_SIZE = 64;

/**
 * What a client's socket buffers for certain: half of Linux' default, which counts the kernel's
 * own bookkeeping too. A larger window would lose packets with nobody else on the wire.
 */
const MAX_WINDOW_BYTES = 96 * 1024;

/** The interface that the request came in on, and how much of it may be used. */
export interface TftpLink {
  /** The largest IP packet, in bytes. */
  readonly mtu: number;
  /** The operator's limit, for a narrower path behind the interface; absent: none. */
  readonly maxBlockSize?: number;
}

export interface Negotiated {
  /** Data bytes of every DATA packet but the last. */
  readonly blockSize: number;
  /** DATA packets in flight, at least 1. */
  readonly windowSize: number;
  /** The client's own wish for the time between retransmissions; absent: ours. */
  readonly timeoutMs?: number;
  /** What the OACK says; empty: there is none, the first DATA answers the request. */
  readonly answer: readonly TftpOption[];
}

/**
 * Answers the options of a request.
 *
 * An option that was not asked for stays out (T2), an unknown or senseless one is passed over, a
 * block never exceeds what the interface carries in one piece (T4: ROMs cannot reassemble).
 *
 * @param sizeBytes - size of what will be sent, for `tsize`
 * @see RFC 2347, RFC 2348, RFC 2349, RFC 7440
 */
export function negotiate(asked: readonly TftpOption[], sizeBytes: number, link: TftpLink): Negotiated {
  const wishes = firstOfEach(asked);
  const blockSize = agreeBlockSize(wishes.get("blksize")?.value, link);
  const windowSize = agreeWindowSize(wishes.get("windowsize")?.value, blockSize ?? DEFAULT_BLOCK_SIZE);
  const timeout = wholeNumber(wishes.get("timeout")?.value, 1, 255);
  const agreed = new Map([
    ["blksize", blockSize],
    ["tsize", sizeBytes],
    ["timeout", timeout],
    ["windowsize", windowSize],
  ]);
  return {
    blockSize: blockSize ?? DEFAULT_BLOCK_SIZE,
    windowSize: windowSize ?? 1,
    ...(timeout === undefined ? {} : { timeoutMs: timeout * 1000 }),
    answer: [...wishes].flatMap(([key, { name }]) => {
      const value = agreed.get(key);
      return value === undefined ? [] : [{ name, value: String(value) }];
    }),
  };
}

/** By name in lower case, in the order asked; of a repeated one the first counts. */
function firstOfEach(options: readonly TftpOption[]): ReadonlyMap<string, TftpOption> {
  const byName = new Map<string, TftpOption>();
  for (const option of options) {
    const key = option.name.toLowerCase();
    if (!byName.has(key)) byName.set(key, option);
  }
  return byName;
}

function agreeBlockSize(asked: string | undefined, link: TftpLink): number | undefined {
  // Below 8 nothing that we may answer is at most what was asked: the option is passed over.
  const wish = wholeNumber(asked, BLOCK_SIZE_RANGE.min, Number.MAX_SAFE_INTEGER);
  if (wish === undefined) return undefined;
  const carried = Math.max(link.mtu - HEADER_BYTES, BLOCK_SIZE_RANGE.min);
  return Math.min(wish, BLOCK_SIZE_RANGE.max, carried, link.maxBlockSize ?? BLOCK_SIZE_RANGE.max);
}

function agreeWindowSize(asked: string | undefined, blockSize: number): number | undefined {
  const wish = wholeNumber(asked, 1, 65535);
  if (wish === undefined) return undefined;
  return Math.min(wish, MAX_WINDOW_SIZE, Math.max(1, Math.floor(MAX_WINDOW_BYTES / blockSize)));
}

function wholeNumber(text: string | undefined, min: number, max: number): number | undefined {
  if (text === undefined || !/^\d{1,15}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= min && value <= max ? value : undefined;
}
