/** Sends ranges of a file's blocks: from memory at once where they are there, else as soon as they are read. */

import type { Peer } from "../../boot/peer.ts";
import type { Negotiated } from "../../boot/tftp/tftp-negotiate.ts";
import { lastBlock } from "../../boot/tftp/transfer.ts";
import { DATA_HEADER_BYTES } from "../../wire/tftp/data-frames.ts";
import type { Chunk, SharedFile } from "./tftp-files.ts";
import type { TransferPort } from "./tftp-port.ts";
import { MAX_SEGMENTED_BYTES, MAX_SEGMENTS } from "./udp-segment.ts";

export interface BlockSource {
  readonly peer: Peer;
  readonly port: TransferPort;
  readonly agreed: Negotiated;
  readonly file: SharedFile;
}

export interface BlockSender {
  /** Blocks of the file, from 1. Replaces what an earlier call has not sent yet. */
  send(first: number, last: number): void;
  stop(): void;
}

/** Blocks that have to be read before they can be sent. */
interface Wanted {
  readonly first: number;
  readonly last: number;
}

/** @param onFailure - called with what reading or sending threw; nothing more is sent then */
export function createBlockSender(source: BlockSource, onFailure: (error: unknown) => void): BlockSender {
  const { file, agreed } = source;
  const { blockSize } = agreed;
  const end = lastBlock(file.sizeBytes, blockSize);
  const packets = createPacketSender(source);
  let wanted: Wanted | undefined;
  /** The chunk that is being sent, and the one after it, read ahead. */
  let held: readonly Chunk[] = [];
  let reading = false;

  function pump(): void {
    while (wanted !== undefined) {
      const { first, last } = wanted;
      const chunk = held.find((each) => holds(each, first)) ?? file.peek(first, blockSize);
      if (chunk === undefined) {
        read(first);
        return;
      }
      if (chunk !== held[0]) hold(chunk);
      const lastHere = Math.min(last, chunk.last);
      packets.send(chunk, first, lastHere);
      wanted = lastHere === last ? undefined : { first: lastHere + 1, last };
    }
  }
  function read(block: number): void {
    if (reading) return;
    reading = true;
    file
      .load(block, blockSize)
      .then((chunk) => {
        reading = false;
        hold(chunk);
        pump();
      })
      .catch((error: unknown) => {
        reading = false;
        if (wanted !== undefined) onFailure(error);
      });
  }
  function hold(chunk: Chunk): void {
    const next = chunk.last + 1;
    const ahead = held.find((each) => holds(each, next)) ?? file.peek(next, blockSize);
    held = ahead === undefined ? [chunk] : [chunk, ahead];
    if (ahead === undefined && next <= end) readAhead(chunk, next);
  }
  function readAhead(chunk: Chunk, next: number): void {
    file.load(next, blockSize).then(
      (loaded) => {
        if (held[0] === chunk) held = [chunk, loaded];
      },
      () => undefined, // Said when the chunk is wanted: reading it then fails again.
    );
  }
  return {
    send(first, last) {
      wanted = { first, last };
      pump();
    },
    stop() {
      wanted = undefined;
      held = [];
      packets.stop();
    },
  };
}

function holds(chunk: Chunk, block: number): boolean {
  return block >= chunk.first && block <= chunk.last;
}

/** Below this an ERROR or OACK of the same socket would be cut apart too. */
const MIN_SEGMENT_BYTES = 512;

/** Sends blocks of one chunk, many at a time where the kernel cuts them apart. */
function createPacketSender({ port, peer, agreed }: BlockSource) {
  const stride = agreed.blockSize + DATA_HEADER_BYTES;
  const fitting = Math.min(MAX_SEGMENTS, Math.floor(MAX_SEGMENTED_BYTES / stride));
  const worthwhile = agreed.windowSize > 1 && fitting > 1 && stride >= MIN_SEGMENT_BYTES;
  let perSend = worthwhile && port.segment(stride) ? fitting : 1;
  let stopped = false;

  /** Not every device can do it. The kernel says so at the first send, and the packets go out again singly. */
  function retryOneByOne(chunk: Chunk, first: number, last: number) {
    return (error: Error | null): void => {
      if (error === null || stopped) return;
      port.segment(0);
      perSend = 1;
      for (let block = first; block <= last; block++) {
        const start = (block - chunk.first) * stride;
        port.send(chunk.packets, start, Math.min(stride, chunk.packets.length - start), peer);
      }
    };
  }
  return {
    send(chunk: Chunk, first: number, last: number): void {
      for (let block = first; block <= last; ) {
        const upTo = Math.min(block + perSend - 1, last);
        const start = (block - chunk.first) * stride;
        const bytes = Math.min((upTo - block + 1) * stride, chunk.packets.length - start);
        port.send(
          chunk.packets,
          start,
          bytes,
          peer,
          upTo === block ? undefined : retryOneByOne(chunk, block, upTo),
        );
        block = upTo + 1;
      }
    },
    stop() {
      stopped = true;
    },
  };
}
