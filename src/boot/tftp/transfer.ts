/**
 * A TFTP read, seen from the server, as a state machine without I/O.
 *
 * The socket loop feeds events in and carries the effects out, so every rule about retries,
 * windows and block rollover is here and nowhere else.
 *
 * @see RFC 1350 (TFTP), RFC 2347 (OACK), RFC 7440 (windowsize), RFC 1123 §4.2.3
 */

import { ERROR_NOT_DEFINED, ERROR_OPTION_REFUSED } from "../../wire/tftp/packet.ts";
import type { TransferResult } from "../event.ts";
import type { Peer } from "../peer.ts";
import type { Negotiated } from "./tftp-negotiate.ts";

export interface Transfer {
  /** Last block the client acknowledged. -1 until it answers our OACK, which counts as block 0. */
  readonly acked: number;
  /** Last block of the file: the first one shorter than `blockSize`, perhaps empty. */
  readonly lastBlock: number;
  readonly blockSize: number;
  readonly sizeBytes: number;
  /** Blocks in flight before we wait, at least 1. */
  readonly windowSize: number;
  /** The client's own retransmission time, and the longest of ours; absent: {@link LONGEST_RETRY_MS}. */
  readonly timeoutMs?: number;
  /** Timeouts since the last progress. */
  readonly timeouts: number;
  /** A doubled ACK has shortened the wait: the next timeout is no sign of a slow client. */
  readonly hurried: boolean;
  /** Packets from elsewhere that were answered. */
  readonly strangers: number;
}

export type TransferEvent =
  | { readonly type: "ack"; readonly block: number } // 16 bits, as received
  | { readonly type: "error"; readonly code: number; readonly message: string }
  | { readonly type: "timeout" }
  /** The client's request once more, from the same port: our answer was lost, or it starts over. */
  | { readonly type: "repeat" }
  /** Another request from the client's port: it has given this transfer up. */
  | { readonly type: "superseded" }
  /** A packet for this transfer from another address or port. */
  | { readonly type: "stranger"; readonly peer: Peer }
  /** Nothing more can be sent; `message` is for the person at the machine, `reason` for the operator. */
  | {
      readonly type: "unreadable";
      readonly result: "stale" | "failed";
      readonly message: string;
      readonly reason: string;
    };

export type TransferEffect =
  | { readonly type: "sendOack" }
  | { readonly type: "sendBlocks"; readonly first: number; readonly last: number } // of the file, not of the wire
  | { readonly type: "armTimer"; readonly delayMs: number }
  | { readonly type: "sendError"; readonly code: number; readonly message: string }
  | { readonly type: "refuseStranger"; readonly peer: Peer }
  | { readonly type: "finish"; readonly result: TransferResult; readonly reason?: string };

export type Step = readonly [Transfer, readonly TransferEffect[]];

/**
 * Waits before the retransmissions: twice as long each time. Gentle (T9): a client that writes to flash
 * between two ACKs is slow, not gone. The first ones are shorter than what a client says of itself: U-Boot
 * says 5 s, and gives up what it fetches when it has itself waited for so long ten times, at whatever block.
 */
const FIRST_RETRY_MS = 1000;
/** For a client that says nothing of itself. */
const LONGEST_RETRY_MS = 8000;
/** How long a silent client is waited for: as long as the most patient firmware known waits for one file. */
const PATIENCE_MS = 31_000;
/** Of its own `timeout` at least so many times, once it has answered. */
const PATIENCE_TIMEOUTS = 3;

/** After a doubled ACK: longer than a client on a LAN needs to answer the window that is under way. */
const HURRIED_MS = 100;

/** 3 s without progress: no machine is reset and at its boot program again in less. */
const TIMEOUTS_BEFORE_RESTART = 2;

/** Each answer to a stranger is a packet that somebody may have forged a sender for. */
const MAX_STRANGERS = 8;

/** Begins a transfer: sends the OACK, or at once the first window when nothing was negotiated. */
export function startTransfer(agreed: Negotiated, sizeBytes: number): Step {
  const { blockSize, windowSize, timeoutMs } = agreed;
  return sendWindow({
    acked: agreed.answer.length > 0 ? -1 : 0,
    lastBlock: lastBlock(sizeBytes, blockSize),
    blockSize,
    sizeBytes,
    windowSize,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    timeouts: 0,
    hurried: false,
    strangers: 0,
  });
}

/** Number of the last block: the first one that is not full, so a file of whole blocks has an empty one more. */
export function lastBlock(sizeBytes: number, blockSize: number): number {
  return Math.floor(sizeBytes / blockSize) + 1;
}

/** How many bytes of the file the client has acknowledged. */
export function ackedBytes({ acked, blockSize, sizeBytes }: Transfer): number {
  return Math.min(Math.max(acked, 0) * blockSize, sizeBytes);
}

/** Advances a transfer by one event. Pure: same arguments, same answer. */
export function step(transfer: Transfer, event: TransferEvent): Step {
  switch (event.type) {
    case "ack":
      return acknowledge(transfer, unwrap(event.block, transfer.acked));
    case "timeout":
      return timeOut(transfer);
    case "error":
      return finish(transfer, isProbe(transfer, event.code) ? "probed" : "aborted", event.message);
    case "repeat":
      return repeat(transfer);
    case "superseded":
      return finish(transfer, "aborted", "the client asked for another file from the same port");
    case "stranger":
      if (transfer.strangers === MAX_STRANGERS) return [transfer, []];
      return [
        { ...transfer, strangers: transfer.strangers + 1 },
        [{ type: "refuseStranger", peer: event.peer }],
      ];
    case "unreadable": {
      const { result, message, reason } = event;
      return [
        transfer,
        [
          { type: "sendError", code: ERROR_NOT_DEFINED, message },
          { type: "finish", result, reason },
        ],
      ];
    }
  }
}

function acknowledge(transfer: Transfer, block: number): Step {
  if (block === transfer.acked) return acknowledgeAgain(transfer);
  // Late, or for what was never sent. The duplicate of an old ACK must not be answered, or both
  // sides double every packet from here on: the Sorcerer's Apprentice, RFC 1123 §4.2.3.1.
  if (block < transfer.acked || block > windowEnd(transfer)) return [transfer, []];
  const progressed = { ...transfer, acked: block, timeouts: 0, hurried: false };
  if (block === transfer.lastBlock) return finish(progressed, "complete");
  // A block inside the window: what followed it was lost, so the next window starts after it (T3).
  return sendWindow(progressed);
}

/**
 * The same ACK again. With a window it may mean that the window's first block was lost, or be the
 * echo of a doubled packet. Sending again at once would answer echo with echo; so the wait gets
 * short, and a client that did receive the window stops it by its next ACK.
 */
function acknowledgeAgain(transfer: Transfer): Step {
  if (transfer.windowSize === 1 || transfer.acked < 0 || transfer.hurried) return [transfer, []];
  return [{ ...transfer, hurried: true }, [{ type: "armTimer", delayMs: HURRIED_MS }]];
}

function timeOut(transfer: Transfer): Step {
  if (transfer.hurried) return sendWindow({ ...transfer, hurried: false });
  const timeouts = transfer.timeouts + 1;
  if (isGone(transfer, timeouts)) return finish(transfer, "timed-out");
  return sendWindow({ ...transfer, timeouts });
}

/** How long is waited for the client when it has been sent the same so often before. */
function retryMs(transfer: Transfer, timeouts: number): number {
  const longestMs = clientTimeoutMs(transfer) ?? LONGEST_RETRY_MS;
  return Math.min(FIRST_RETRY_MS * 2 ** timeouts, longestMs);
}

function isGone(transfer: Transfer, timeouts: number): boolean {
  let waitedMs = 0;
  for (let earlier = 0; earlier < timeouts; earlier++) waitedMs += retryMs(transfer, earlier);
  return waitedMs >= Math.max(PATIENCE_MS, PATIENCE_TIMEOUTS * (clientTimeoutMs(transfer) ?? 0));
}

/**
 * What counts of the client's word. Who never answered may not be there: a single forged packet that
 * names the longest timeout must not hold a place for a quarter of an hour.
 */
function clientTimeoutMs({ acked, timeoutMs }: Transfer): number | undefined {
  return acked < 0 && timeoutMs !== undefined ? Math.min(timeoutMs, LONGEST_RETRY_MS) : timeoutMs;
}

/** EDK2 asks for the size alone and aborts (T1), ROMs and the Raspberry Pi give up after the first DATA. */
function isProbe({ acked }: Transfer, code: number): boolean {
  return acked <= 1 && (code === ERROR_NOT_DEFINED || code === ERROR_OPTION_REFUSED);
}

/**
 * Before the first ACK the client has not got our answer: it is sent again. Later the request is a
 * duplicate that was long under way, or waited in our own queue while many machines boot at once, and
 * must not disturb. Only when the client has been silent for some time it did start over, from a port
 * that its firmware always uses.
 */
function repeat(transfer: Transfer): Step {
  if (transfer.acked <= 0) return sendWindow(transfer);
  if (transfer.timeouts < TIMEOUTS_BEFORE_RESTART) return [transfer, []];
  return finish(transfer, "aborted", "the client started over");
}

function sendWindow(transfer: Transfer): Step {
  const delayMs = retryMs(transfer, transfer.timeouts);
  const first = transfer.acked + 1;
  return [
    transfer,
    [
      transfer.acked < 0 ? { type: "sendOack" } : { type: "sendBlocks", first, last: windowEnd(transfer) },
      { type: "armTimer", delayMs },
    ],
  ];
}

function finish(transfer: Transfer, result: TransferResult, reason?: string): Step {
  return [transfer, [{ type: "finish", result, ...(reason === undefined ? {} : { reason }) }]];
}

function windowEnd({ acked, windowSize, lastBlock }: Transfer): number {
  return acked < 0 ? 0 : Math.min(acked + windowSize, lastBlock);
}

/** The block nearest to `near` whose low 16 bits are `wire`: a 32 MiB file at 512 bytes rolls over to 0 (T5). */
function unwrap(wire: number, near: number): number {
  return near + (((wire - near) << 16) >> 16);
}
