/** Counts what is in a capture file while it comes, piece by piece, and keeps nothing of it. */

import { concat } from "../bytes.ts";

export interface BlockCounter {
  /** Takes the next piece. @returns the blocks that are whole by now and were not given before */
  take(piece: Uint8Array): Uint8Array;
  /** Packets so far. */
  packets(): number;
  /** How many were lost, as the file says. */
  dropped(): number;
}

const STATISTICS = 5;
const PACKET = 6;
/** Type, length, then of statistics: interface, time, and their options. */
const STATISTICS_OPTIONS = 20;
const DROPPED = 5;

/** Of a file as {@link import("./write-pcapng.ts").encodePacket} and its siblings write it. */
export function createBlockCounter(): BlockCounter {
  let rest = new Uint8Array();
  let packets = 0;
  let dropped = 0;
  return {
    take(piece) {
      const bytes = concat([rest, piece]);
      const view = new DataView(bytes.buffer);
      let at = 0;
      while (at + 8 <= bytes.length) {
        const length = view.getUint32(at + 4, true);
        if (length < 12 || at + length > bytes.length) break;
        const type = view.getUint32(at, true);
        if (type === PACKET) packets += 1;
        if (type === STATISTICS) dropped = droppedIn(view, at, length) ?? dropped;
        at += length;
      }
      rest = bytes.slice(at);
      return bytes.subarray(0, at);
    },
    packets: () => packets,
    dropped: () => dropped,
  };
}

function droppedIn(view: DataView, start: number, length: number): number | undefined {
  let at = start + STATISTICS_OPTIONS;
  while (at + 12 <= start + length) {
    const [code, size] = [view.getUint16(at, true), view.getUint16(at + 2, true)];
    if (code === 0) return undefined;
    if (code === DROPPED) return Number(view.getBigUint64(at + 4, true));
    at += 4 + size + ((4 - (size % 4)) % 4);
  }
  return undefined;
}
