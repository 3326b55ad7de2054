/** Carries one TFTP transfer out: a port and a timer around the state machine of `boot/tftp/transfer.ts`. */

import type { TransferResult } from "../../boot/event.ts";
import type { Peer } from "../../boot/peer.ts";
import { showText } from "../../boot/tftp/tftp-name.ts";
import type { Negotiated } from "../../boot/tftp/tftp-negotiate.ts";
import {
  ackedBytes,
  type Step,
  startTransfer,
  step,
  type Transfer,
  type TransferEffect,
  type TransferEvent,
} from "../../boot/tftp/transfer.ts";
import { WireError } from "../../wire/error.ts";
import { decodePacket, ERROR_UNKNOWN_TID, encodePacket, type TftpPacket } from "../../wire/tftp/packet.ts";
import { StaleFileError } from "../open-file.ts";
import { FirmwareError } from "./patched-firmware.ts";
import { createBlockSender } from "./tftp-blocks.ts";
import type { SharedFile } from "./tftp-files.ts";
import type { TransferPort } from "./tftp-port.ts";

export interface TransferJob {
  readonly peer: Peer;
  /** On our address that was asked, so that the answer comes from where the client expects it. */
  readonly port: TransferPort;
  readonly agreed: Negotiated;
  readonly file: SharedFile;
  readonly onEnd: (end: TransferEnd) => void;
  /** What is no TFTP, or none that a client sends, came from the client itself. */
  readonly onMalformed: (error: WireError) => void;
  readonly onBug: (error: unknown, bytes?: Uint8Array) => void;
}

export interface TransferEnd {
  readonly result: TransferResult;
  /** What the client has acknowledged. */
  readonly sentBytes: number;
  /** How many the client has acknowledged; its answer to our OACK counts as block 0, and -1 says that none came. */
  readonly blocks: { readonly sizeBytes: number; readonly acked: number };
  readonly reason?: string;
}

export interface RunningTransfer {
  /** Feeds an event that did not come from the transfer's own port. */
  feed(event: TransferEvent): void;
  /** What the client has acknowledged so far. */
  sentBytes(): number;
}

/** Runs a transfer to its end, which `onEnd` tells exactly once; then port and file are let go. */
export function runTransfer(job: TransferJob): RunningTransfer {
  const { peer, port, agreed, file } = job;
  const timer = createDeadline(() => feed({ type: "timeout" }));
  const sender = createBlockSender(job, (error) => feed(unreadable(error)));
  let state: Transfer;
  let ended = false;

  function feed(event: TransferEvent): void {
    if (!ended) advance(() => step(state, event));
  }
  function advance(take: () => Step): void {
    try {
      const [next, effects] = take();
      state = next;
      for (const effect of effects) carryOut(effect);
    } catch (error) {
      job.onBug(error);
      if (!ended) end({ type: "finish", result: "failed", reason: String(error) });
    }
  }
  function carryOut(effect: TransferEffect): void {
    switch (effect.type) {
      case "sendOack":
        send({ type: "OACK", options: agreed.answer }, peer);
        break;
      case "sendBlocks":
        sender.send(effect.first, effect.last);
        break;
      case "sendError":
        send({ type: "ERROR", code: effect.code, message: showText(effect.message) }, peer);
        break;
      case "refuseStranger":
        send({ type: "ERROR", code: ERROR_UNKNOWN_TID, message: "not your transfer" }, effect.peer);
        break;
      case "armTimer":
        timer.arm(effect.delayMs);
        break;
      case "finish":
        end(effect);
        break;
    }
  }
  function send(packet: TftpPacket, to: Peer): void {
    const bytes = encodePacket(packet);
    port.send(bytes, 0, bytes.length, to);
  }
  function end({ result, reason }: Extract<TransferEffect, { type: "finish" }>): void {
    ended = true;
    timer.stop();
    sender.stop();
    port.close();
    file.release();
    job.onEnd({
      result,
      sentBytes: ackedBytes(state),
      blocks: { sizeBytes: state.blockSize, acked: state.acked },
      ...(reason === undefined ? {} : { reason }),
    });
  }

  port.listen({
    onPacket(bytes, from) {
      if (ended || from.port === 0) return; // Nothing can be sent to port 0: whoever claims it is forged.
      if (from.port !== peer.port || from.address !== peer.address) {
        feed({ type: "stranger", peer: { address: from.address, port: from.port } });
        return;
      }
      const event = readEvent(bytes, job);
      if (event !== undefined) feed(event);
    },
    onError: (error) => feed(unreadable(error)),
  });
  advance(() => startTransfer(agreed, file.sizeBytes));
  return { feed, sentBytes: () => ackedBytes(state) };
}

function readEvent(bytes: Uint8Array, job: TransferJob): TransferEvent | undefined {
  try {
    const packet = decodePacket(bytes);
    if (packet.type === "ACK") return { type: "ack", block: packet.block };
    if (packet.type === "ERROR") {
      return { type: "error", code: packet.code, message: showText(packet.message) };
    }
    throw new WireError("WIRE_BAD_VALUE", `${packet.type} in the midst of a read`, 0);
  } catch (error) {
    // Dropped: a damaged packet is a lost one, and the timer takes care of those.
    if (error instanceof WireError) job.onMalformed(error);
    else job.onBug(error, bytes);
    return undefined;
  }
}

function unreadable(error: unknown): TransferEvent {
  const result = error instanceof StaleFileError ? "stale" : "failed";
  const reason = error instanceof Error ? error.message : String(error);
  return { type: "unreadable", result, message: unreadableText(error), reason };
}

/** Why a file cannot be read, for the machine's screen: no path of ours in it. */
export function unreadableText(error: unknown): string {
  if (error instanceof StaleFileError) {
    return "the image was changed on the server: boot again, the new one is served then";
  }
  if (error instanceof FirmwareError) return error.message;
  const code = error instanceof Error && "code" in error ? String(error.code) : "internal error";
  return `the server cannot read the file (${code}): its log says more`;
}

/** One timer for the whole transfer: to arm it later, as each ACK does, costs no more than a comparison. */
function createDeadline(onDue: () => void) {
  let dueMs = 0;
  let scheduledMs = Number.POSITIVE_INFINITY;
  let timeout: NodeJS.Timeout | undefined;

  function schedule(nowMs: number): void {
    clearTimeout(timeout);
    scheduledMs = dueMs;
    timeout = setTimeout(check, Math.max(1, Math.ceil(dueMs - nowMs)));
  }
  function check(): void {
    const nowMs = performance.now();
    scheduledMs = Number.POSITIVE_INFINITY;
    if (nowMs < dueMs) schedule(nowMs);
    else onDue();
  }
  return {
    arm(delayMs: number): void {
      const nowMs = performance.now();
      dueMs = nowMs + delayMs;
      if (dueMs < scheduledMs) schedule(nowMs);
    },
    stop: () => clearTimeout(timeout),
  };
}
