import fc from "fast-check";
import { expect, test } from "vitest";
import { concat } from "../../../src/wire/bytes.ts";
import { createBlockCounter } from "../../../src/wire/pcap/block-counter.ts";
import { decodeCapture } from "../../../src/wire/pcap/capture.ts";
import {
  encodeInterface,
  encodePacket,
  encodeSection,
  encodeStatistics,
} from "../../../src/wire/pcap/write-pcapng.ts";

const BEGINNING = concat([
  encodeSection({ program: "Mayfly", comment: "a test, with an ü" }),
  encodeInterface({ link: 1, name: "mayfly", description: "" }),
]);
const packet = fc.record({
  // Microseconds since 1970, up to 2100.
  timeMs: fc.integer({ min: 0, max: 4_102_444_800_000_000 }).map((us) => us / 1000),
  bytes: fc.uint8Array({ maxLength: 200 }),
  more: fc.nat(70_000),
  comments: fc.array(fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }), { maxLength: 3 }),
});

test("what is written is what our own reader reads: bytes, times and comments", () => {
  fc.assert(
    fc.property(fc.array(packet, { maxLength: 8 }), (packets) => {
      const blocks = packets.map(({ more, ...each }) =>
        encodePacket({ ...each, wireBytes: each.bytes.length + more }),
      );
      const { packets: read, isCutShort } = decodeCapture(concat([BEGINNING, ...blocks]));
      expect(isCutShort).toBe(false);
      expect(read).toEqual(
        packets.map(({ timeMs, bytes, comments }, i) => ({
          number: i + 1,
          timeMs: expect.closeTo(timeMs, 2),
          link: 1,
          bytes: Uint8Array.from(bytes),
          ...(comments.length === 0 ? {} : { comments }),
        })),
      );
    }),
  );
});

test("a comment that is too long is cut between two characters", () => {
  const file = concat([
    BEGINNING,
    encodePacket({ timeMs: 0, bytes: Uint8Array.of(1), wireBytes: 1, comments: ["ü".repeat(3000), "next"] }),
  ]);
  const [long = "", next] = decodeCapture(file).packets[0]?.comments ?? [];
  expect([long, next]).toEqual(["ü".repeat(2048), "next"]);
});

test("a file is counted while it comes, however it is cut into pieces, and only whole blocks are given on", () => {
  const file = concat([
    BEGINNING,
    encodePacket({ timeMs: 1, bytes: new Uint8Array(33), wireBytes: 33, comments: ["lost"] }),
    encodeStatistics({ timeMs: 2, received: 9, dropped: 7 }),
    encodePacket({ timeMs: 3, bytes: new Uint8Array(1), wireBytes: 1500 }),
  ]);
  fc.assert(
    fc.property(fc.array(fc.nat(file.length), { maxLength: 10 }), (cuts) => {
      const places = [0, ...cuts.toSorted((a, b) => a - b), file.length];
      const counter = createBlockCounter();
      const given: Uint8Array[] = [];
      for (const [i, place] of places.entries()) {
        const before = places[i - 1] ?? 0;
        given.push(counter.take(file.subarray(before, place)));
      }
      expect(concat(given)).toEqual(file);
      expect([counter.packets(), counter.dropped()]).toEqual([2, 7]);
    }),
  );
});
