import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { WireError } from "../../../src/wire/error.ts";
import { decodeCapture } from "../../../src/wire/pcap/capture.ts";
import { decodeTransport } from "../../../src/wire/pcap/transport.ts";
import { pcapFile, pcapngBlock, pcapngFile } from "../../support/capture-file.ts";

const FOLDER = new URL("../../captures/", import.meta.url);
const PACKETS = [
  { seconds: 1_700_000_000, fraction: 250_000_000, bytes: Uint8Array.of(1, 2, 3, 4, 5) },
  { seconds: 1_700_000_001, fraction: 0, bytes: Uint8Array.of(6) },
];
const READ = [
  { number: 1, timeMs: 1_700_000_000_250, link: 1, bytes: Uint8Array.of(1, 2, 3, 4, 5) },
  { number: 2, timeMs: 1_700_000_001_000, link: 1, bytes: Uint8Array.of(6) },
];
const plain = ({ packets, isCutShort }: ReturnType<typeof decodeCapture>) => ({
  isCutShort,
  packets: packets.map((packet) => ({ ...packet, bytes: Uint8Array.from(packet.bytes) })),
});

describe.each([true, false])("a capture file, little-endian %s", (littleEndian) => {
  const options = { littleEndian, link: 1 };

  test("of tcpdump is read, with microseconds and with nanoseconds", () => {
    const micro = PACKETS.map((packet) => ({ ...packet, fraction: packet.fraction / 1_000 }));
    expect(plain(decodeCapture(pcapFile(micro, options)))).toEqual({ packets: READ, isCutShort: false });
    const nano = pcapFile(PACKETS, options, 0xa1b23c4d);
    expect(plain(decodeCapture(nano))).toEqual({ packets: READ, isCutShort: false });
  });

  test("of Wireshark is read, whatever blocks stand between", () => {
    const file = pcapngFile(PACKETS, options);
    const statistics = pcapngBlock(5, new Uint8Array(20), littleEndian);
    const read = { packets: READ, isCutShort: false };
    expect(plain(decodeCapture(file))).toEqual(read);
    expect(plain(decodeCapture(Buffer.concat([file, statistics])))).toEqual(read);
    // A second section, as files that were put one behind the other have it.
    expect(decodeCapture(Buffer.concat([file, file])).packets.map(({ number }) => number)).toEqual([
      1, 2, 3, 4,
    ]);
  });

  test("that was cut off gives the packets that are whole, wherever it was cut", () => {
    for (const file of [pcapFile(PACKETS, options), pcapngFile(PACKETS, options)]) {
      const whole = decodeCapture(file);
      for (let length = file.length - 1; length > 150; length--) {
        const { packets, isCutShort } = decodeCapture(file.subarray(0, length));
        expect(isCutShort || packets.length < whole.packets.length).toBe(true);
        expect(packets).toEqual(whole.packets.slice(0, packets.length));
      }
    }
  });
});

test.each([
  ["an empty file", new Uint8Array(), "WIRE_BAD_MAGIC"],
  ["a script", new TextEncoder().encode("#!ipxe\nboot\n"), "WIRE_BAD_MAGIC"],
  [
    "a header alone, not whole",
    pcapFile([], { littleEndian: true, link: 1 }).subarray(0, 20),
    "WIRE_TRUNCATED",
  ],
  [
    "a packet of an interface that is none",
    Buffer.concat([
      pcapngFile([], { littleEndian: true, link: 1 }),
      pcapngBlock(6, Uint8Array.of(7, ...new Array<number>(19).fill(0)), true),
    ]),
    "WIRE_BAD_VALUE",
  ],
  [
    "a packet longer than packets are",
    pcapFile([{ seconds: 0, fraction: 0, bytes: new Uint8Array(262_145) }], { littleEndian: true, link: 1 }),
    "WIRE_BAD_LENGTH",
  ],
])("%s is refused by its name", (_, file, code) => {
  expect(() => decodeCapture(file)).toThrow(expect.objectContaining({ name: "WireError", code }));
});

test("a compressed one is refused with the cure", () => {
  expect(() => decodeCapture(Uint8Array.of(0x1f, 0x8b, 8, 0))).toThrow("gunzip it first");
});

test("any bytes behind a right beginning give packets or a WireError, and a frame or nothing", () => {
  const starts = [
    pcapFile(PACKETS, { littleEndian: true, link: 1 }),
    pcapngFile(PACKETS, { littleEndian: false, link: 113 }),
  ];
  fc.assert(
    fc.property(
      fc.constantFrom(...starts),
      fc.nat(),
      fc.uint8Array({ maxLength: 80 }),
      (start, at, bytes) => {
        const file = Uint8Array.from(start);
        file.set(
          bytes.subarray(0, Math.max(0, file.length - 4)),
          4 + (at % Math.max(1, file.length - 4 - bytes.length)),
        );
        try {
          for (const { bytes: frame, link } of decodeCapture(file).packets) decodeTransport(frame, link);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      },
    ),
    { numRuns: 2_000 },
  );
});

test.each(readdirSync(FOLDER).filter((name) => name.endsWith(".pcap")))("%s is read to its end", (name) => {
  const { packets, isCutShort } = decodeCapture(readFileSync(new URL(name, FOLDER)));
  expect(isCutShort).toBe(false);
  expect(packets.length).toBeGreaterThan(3);
});
