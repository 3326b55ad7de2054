/** A TFTP transfer over a network that loses, doubles, delays and reorders, with a clock of its own. */

import type { TransferResult } from "../../src/boot/event.ts";
import type { Negotiated } from "../../src/boot/tftp/tftp-negotiate.ts";
import { negotiate } from "../../src/boot/tftp/tftp-negotiate.ts";
import {
  type Step,
  startTransfer,
  step,
  type Transfer,
  type TransferEffect,
} from "../../src/boot/tftp/transfer.ts";
import { decodePacket, encodePacket } from "../../src/wire/tftp/packet.ts";
import { type ClientOptions, createTestClient } from "./tftp-client.ts";

/** Probabilities from 0 to 1; delays in milliseconds, drawn evenly from 0 to `maxDelayMs`. */
export interface Faults {
  readonly loss: number;
  readonly duplication: number;
  readonly maxDelayMs: number;
}

export const PERFECT: Faults = { loss: 0, duplication: 0, maxDelayMs: 0 };

export interface SimulationResult {
  readonly bytes: Uint8Array | undefined;
  readonly result: TransferResult | undefined;
  readonly blocksSent: number;
  readonly durationMs: number;
  /** How often each block of the file was sent. */
  readonly sends: ReadonlyMap<number, number>;
}

/** A client that gives up later than the server does, so that the server's own bound shows. */
const CLIENT_TIMEOUT_MS = 900;
const CLIENT_TIMEOUTS = 60;

/** Three times what the longest file of the tests takes over a perfect network. */
const MAX_STEPS = 400_000;

export function simulateTransfer(
  file: Uint8Array,
  asked: ClientOptions,
  faults: Faults,
  seed: number,
  mtu = 65536,
): SimulationResult {
  const random = createRandom(seed);
  const queue = createQueue();
  const client = createTestClient(asked);
  const agreed = negotiate(asked.options ?? [], file.length, { mtu });
  const server = createServer(file, agreed, (packet) => deliver(packet, "client"));
  let clientDueMs = CLIENT_TIMEOUT_MS;
  let clientTimeouts = 0;

  function deliver(packet: Uint8Array, to: "client" | "server"): void {
    const copies = random() < faults.duplication ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      if (random() >= faults.loss) queue.push(queue.nowMs() + 1 + random() * faults.maxDelayMs, to, packet);
    }
  }
  server.start(queue.nowMs());
  for (let steps = 0; ; steps++) {
    if (steps > MAX_STEPS) throw new Error(`no end after ${MAX_STEPS} packets and timeouts`);
    const clientWaits = client.outcome().type === "waiting" && clientTimeouts < CLIENT_TIMEOUTS;
    const next = queue.pop(Math.min(server.dueMs(), clientWaits ? clientDueMs : Number.POSITIVE_INFINITY));
    if (next === "nothing") break;
    if (next !== "due") {
      if (next.to === "server") server.receive(next.packet, queue.nowMs());
      else {
        clientDueMs = queue.nowMs() + CLIENT_TIMEOUT_MS;
        clientTimeouts = 0;
        for (const reply of client.receive(next.packet)) deliver(reply, "server");
      }
    } else if (server.dueMs() <= queue.nowMs()) {
      server.timeout(queue.nowMs());
    } else {
      clientTimeouts++;
      clientDueMs = queue.nowMs() + CLIENT_TIMEOUT_MS;
      for (const reply of client.timeout()) deliver(reply, "server");
    }
  }
  const outcome = client.outcome();
  return {
    bytes: outcome.type === "complete" ? outcome.bytes : undefined,
    result: server.result(),
    blocksSent: [...server.sends.values()].reduce((sum, count) => sum + count, 0),
    durationMs: queue.nowMs(),
    sends: server.sends,
  };
}

/** The state machine with its effects carried out by hand. */
function createServer(file: Uint8Array, agreed: Negotiated, send: (packet: Uint8Array) => void) {
  const { blockSize } = agreed;
  const sends = new Map<number, number>();
  let state: Transfer | undefined;
  let dueMs = Number.POSITIVE_INFINITY;
  let result: TransferResult | undefined;

  function advance([next, effects]: Step, nowMs: number): void {
    state = next;
    for (const effect of effects) carryOut(effect, nowMs);
  }
  function carryOut(effect: TransferEffect, nowMs: number): void {
    if (effect.type === "sendOack") send(encodePacket({ type: "OACK", options: agreed.answer }));
    else if (effect.type === "armTimer") dueMs = nowMs + effect.delayMs;
    else if (effect.type === "finish") {
      result = effect.result;
      dueMs = Number.POSITIVE_INFINITY;
    } else if (effect.type === "sendBlocks") {
      for (let block = effect.first; block <= effect.last; block++) {
        sends.set(block, (sends.get(block) ?? 0) + 1);
        const data = file.subarray((block - 1) * blockSize, block * blockSize);
        send(encodePacket({ type: "DATA", block: block & 0xffff, data }));
      }
    }
  }
  return {
    sends,
    start: (nowMs: number) => advance(startTransfer(agreed, file.length), nowMs),
    receive(packet: Uint8Array, nowMs: number): void {
      const ack = decodePacket(packet);
      if (state === undefined || result !== undefined || ack.type !== "ACK") return;
      advance(step(state, { type: "ack", block: ack.block }), nowMs);
    },
    timeout(nowMs: number): void {
      if (state !== undefined && result === undefined) advance(step(state, { type: "timeout" }), nowMs);
    },
    dueMs: () => dueMs,
    result: () => result,
  };
}

interface Delivery {
  readonly atMs: number;
  readonly order: number;
  readonly to: "client" | "server";
  readonly packet: Uint8Array;
}

/** Packets under way, soonest first, as a binary heap: a window of 64 over a slow network is a long queue. */
function createQueue() {
  const heap: Delivery[] = [];
  let nowMs = 0;
  let pushed = 0;
  const before = (a: Delivery, b: Delivery) => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
  const at = (index: number) => heap[index] as Delivery;
  function swap(i: number, j: number): void {
    [heap[i], heap[j]] = [at(j), at(i)];
  }
  function takeFirst(): Delivery {
    const first = at(0);
    const end = heap.pop() as Delivery;
    if (heap.length === 0) return first;
    heap[0] = end;
    for (let i = 0; ; ) {
      let least = i;
      for (const child of [2 * i + 1, 2 * i + 2]) {
        if (child < heap.length && before(at(child), at(least))) least = child;
      }
      if (least === i) return first;
      swap(i, least);
      i = least;
    }
  }
  return {
    nowMs: () => nowMs,
    push(atMs: number, to: "client" | "server", packet: Uint8Array): void {
      heap.push({ atMs, order: pushed++, to, packet });
      for (let i = heap.length - 1; i > 0; ) {
        const parent = (i - 1) >> 1;
        if (!before(at(i), at(parent))) break;
        swap(i, parent);
        i = parent;
      }
    },
    /** The next packet, or `due` when the time `dueMs` comes first; moves the clock. */
    pop(dueMs: number): Delivery | "due" | "nothing" {
      if (heap.length > 0 && at(0).atMs <= dueMs) {
        const next = takeFirst();
        nowMs = next.atMs;
        return next;
      }
      if (dueMs === Number.POSITIVE_INFINITY) return "nothing";
      nowMs = Math.max(nowMs, dueMs);
      return "due";
    },
  };
}

/** Numbers from 0 to 1 that a seed determines (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
