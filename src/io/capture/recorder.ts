/**
 * Records what one machine and we say to each other, as a capture file that is sent while it is made.
 *
 * Its memory is bounded: who reads slowly loses packets, which are counted and told in the file.
 */

import { concerned, endingOf, isNoted, placeOf } from "../../boot/capture/capture-event.ts";
import type { CaptureWish } from "../../boot/capture/capture-wish.ts";
import { noteOf } from "../../boot/capture/note.ts";
import {
  claimFlow,
  type Flows,
  heldPeers,
  holdBack,
  judgeFlow,
  NO_FLOWS,
} from "../../boot/capture/whose-flow.ts";
import type { BootEvent } from "../../boot/event.ts";
import type { Peer } from "../../boot/peer.ts";
import { concat } from "../../wire/bytes.ts";
import type { Ipv4 } from "../../wire/net/ipv4.ts";
import type { Mac } from "../../wire/net/mac.ts";
import type { Frame } from "../../wire/pcap/frame.ts";
import { LINK } from "../../wire/pcap/transport.ts";
import {
  encodeInterface,
  encodePacket,
  encodeSection,
  encodeStatistics,
} from "../../wire/pcap/write-pcapng.ts";

/** Where a capture goes. */
export interface CaptureSink {
  send(bytes: Uint8Array): void;
  /** What was sent and is not on its way yet. */
  waitingBytes(): number;
  /** Nothing more comes. */
  end(): void;
}

/** A packet on its way by. */
export interface Passing {
  readonly peer: Peer;
  /** The machine that it names by itself. */
  readonly mac?: Mac;
  /** As a frame of the machine `mac`; to be asked for at once, as long as the bytes are there. */
  frame(mac: Mac, isWhole: boolean): Frame;
}

export interface Recorder {
  take(passing: Passing): void;
  note(event: BootEvent): void;
  /** Sends what is there, and says that it is over; `onEnd` is called once. */
  stop(): void;
}

export interface RecorderParts {
  readonly wish: CaptureWish;
  readonly sink: CaptureSink;
  /** The machine at an address, where that is certain. */
  readonly whose: (address: Ipv4) => Mac | undefined;
  readonly onEnd: () => void;
  /** Milliseconds since 1970, with fractions. */
  readonly now: () => number;
}

/** So long a packet may still get a note, and packets leave together. */
const BATCH_MS = 100;
/** More wait for no batch. */
const MAX_BATCH_BYTES = 256 * 1024;
/** Who has so much to read yet loses what comes. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024;
const MAX_NOTES = 16;

interface Recorded {
  readonly frame: Frame;
  readonly timeMs: number;
  readonly comments: string[];
}

export function startRecorder(parts: RecorderParts): Recorder {
  const { wish, whose, onEnd } = parts;
  const writer = createWriter(parts);
  const ending = createEnding(wish, () => stop());
  let flows: Flows<Recorded> = NO_FLOWS;
  let isOver = false;

  function stop(): void {
    if (isOver) return;
    isOver = true;
    ending.clear();
    writer.close();
    onEnd();
  }
  function claim(peer: Peer): void {
    const [next, { packets, lost }] = claimFlow(flows, peer);
    flows = next;
    for (const packet of packets) writer.put(packet);
    writer.lose(lost);
  }
  const judge = (peer: Peer) => judgeFlow(flows, peer, wish, whose(peer.address));
  return {
    stop,
    take(passing) {
      const { peer, mac } = passing;
      if (isOver || (mac !== undefined && mac !== wish.mac)) return;
      const verdict = mac === undefined ? judge(peer) : "own";
      if (verdict === "foreign") return;
      if (verdict === "own" && mac === undefined) claim(peer);
      const frame = passing.frame(wish.mac, wish.isWhole);
      const packet: Recorded = { frame, timeMs: parts.now(), comments: [] };
      if (verdict === "own") writer.put(packet);
      else flows = holdBack(flows, peer, packet);
    },
    note(event) {
      if (isOver || concerned(event) !== wish.mac) return;
      const place = placeOf(event);
      if (place !== undefined) claim(place);
      // What was just learnt of the machine may tell whose the others are.
      for (const peer of heldPeers(flows)) if (judge(peer) === "own") claim(peer);
      if (isNoted(event)) writer.note(noteOf(event));
      ending.hear(event);
    },
  };
}

/** When it is over by itself. */
function createEnding({ seconds }: CaptureWish, stop: () => void) {
  let timer = seconds === undefined ? undefined : setTimeout(stop, seconds * 1000);
  let isCertain = seconds !== undefined;
  return {
    clear: () => clearTimeout(timer),
    hear(event: BootEvent): void {
      const ending = isCertain ? undefined : endingOf(event);
      if (ending === undefined) return;
      clearTimeout(timer);
      if (ending === "goes-on") return;
      timer = setTimeout(stop, ending.afterMs);
      isCertain = ending.isCertain;
    },
  };
}

/** Puts packets into blocks, in batches, as far as somebody reads them. */
function createWriter({ wish, sink, now }: RecorderParts) {
  let batch: Recorded[] = [];
  let batchBytes = 0;
  let notes: string[] = [];
  let received = 0;
  let dropped = 0;
  let toldDropped = 0;
  let timer: NodeJS.Timeout | undefined;

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    const packets = batch;
    batch = [];
    batchBytes = 0;
    if (packets.length === 0) return;
    if (sink.waitingBytes() > MAX_WAITING_BYTES) {
      dropped += packets.length;
      return;
    }
    sink.send(concat([...lossBlocks(), ...packets.map(encodeRecorded)]));
  }
  function lossBlocks(): Uint8Array[] {
    if (toldDropped === dropped) return [];
    toldDropped = dropped;
    return [encodeStatistics({ timeMs: now(), received, dropped })];
  }
  sink.send(concat(beginning(wish)));
  return {
    put(packet: Recorded): void {
      received += 1;
      packet.comments.push(...notes);
      if (dropped > toldDropped && batch.length === 0)
        packet.comments.push(
          `before this, ${dropped - toldDropped} packets were lost: they were not read in time`,
        );
      notes = [];
      batch.push(packet);
      batchBytes += packet.frame.bytes.length;
      if (batchBytes > MAX_BATCH_BYTES) flush();
      else timer ??= setTimeout(flush, BATCH_MS);
    },
    lose(count: number): void {
      received += count;
      dropped += count;
    },
    /** Beside the packet that it came of, if that has not left; else beside the next one. */
    note(text: string): void {
      const last = batch.at(-1)?.comments ?? notes;
      if (last.length < MAX_NOTES) last.push(text);
    },
    close(): void {
      flush();
      sink.send(encodeStatistics({ timeMs: now(), received, dropped }));
      sink.end();
    },
  };
}

function encodeRecorded({ frame, timeMs, comments }: Recorded): Uint8Array {
  return encodePacket({ timeMs, ...frame, comments });
}

function beginning({ mac, isWhole }: CaptureWish): readonly Uint8Array[] {
  const cut = isWhole ? "" : " Of files only the beginnings are here.";
  return [
    encodeSection({
      program: "Mayfly",
      comment:
        `What ${mac} and this server said to each other, as the server's own sockets had it. Ethernet, IP and TCP ` +
        `headers were made for this file; tokens of check-ins are struck out.${cut}`,
    }),
    encodeInterface({ link: LINK.ETHERNET, name: "mayfly", description: "the server's sockets" }),
  ];
}
