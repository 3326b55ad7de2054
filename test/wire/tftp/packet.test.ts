import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { WireError } from "../../../src/wire/error.ts";
import { findOption } from "../../../src/wire/tftp/option.ts";
import {
  decodePacket,
  encodePacket,
  looksLikeRequest,
  type TftpPacket,
} from "../../../src/wire/tftp/packet.ts";

const bytesOf = (...parts: (string | readonly number[])[]) =>
  Uint8Array.from(
    parts.flatMap((part) => (typeof part === "string" ? [...part].map((c) => c.charCodeAt(0)) : [...part])),
  );

const text = (minLength: number) =>
  fc.string({
    unit: fc.integer({ min: 1, max: 255 }).map((c) => String.fromCharCode(c)),
    minLength,
    maxLength: 40,
  });
const options = fc.array(fc.record({ name: text(1), value: text(0) }), { maxLength: 6 });
const word = fc.nat(0xffff);
const packet: fc.Arbitrary<TftpPacket> = fc.oneof(
  fc.record({
    type: fc.constantFrom("RRQ" as const, "WRQ" as const),
    filename: text(0),
    mode: text(0),
    options,
  }),
  fc.record({ type: fc.constant("DATA" as const), block: word, data: fc.uint8Array({ maxLength: 1500 }) }),
  fc.record({ type: fc.constant("ACK" as const), block: word }),
  fc.record({ type: fc.constant("ERROR" as const), code: word, message: text(0) }),
  fc.record({ type: fc.constant("OACK" as const), options }),
);

test("what was encoded is decoded again", () => {
  fc.assert(
    fc.property(packet, (value) => {
      expect(decodePacket(encodePacket(value))).toEqual(value);
    }),
    {
      numRuns: 1000,
    },
  );
});

function expectValueOrWireError(bytes: Uint8Array): void {
  try {
    decodePacket(bytes);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
  }
}

test("any bytes give a packet or a WireError", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), expectValueOrWireError), { numRuns: 5000 });
});

test("a packet with bytes changed, cut off or added gives a packet or a WireError", () => {
  const mutation = fc.record({
    at: fc.nat(2000),
    byte: fc.nat(255),
    cut: fc.nat(60),
    tail: fc.uint8Array({ maxLength: 20 }),
  });
  fc.assert(
    fc.property(packet, mutation, (value, { at, byte, cut, tail }) => {
      const bytes = encodePacket(value);
      bytes[at % bytes.length] = byte;
      expectValueOrWireError(bytes.subarray(0, bytes.length - cut));
      expectValueOrWireError(Uint8Array.from([...bytes, ...tail]));
    }),
    { numRuns: 2000 },
  );
});

describe("requests", () => {
  test("EDK2's first one asks for the size with a window (capture ovmf12-proxy-option67-4011)", () => {
    const bytes = bytesOf(
      [0, 1],
      "sid/ipxe-amd64.efi\0octet\0tsize\x000\0blksize\x001468\0windowsize\x004\0",
    );
    expect(decodePacket(bytes)).toEqual({
      type: "RRQ",
      filename: "sid/ipxe-amd64.efi",
      mode: "octet",
      options: [
        { name: "tsize", value: "0" },
        { name: "blksize", value: "1468" },
        { name: "windowsize", value: "4" },
      ],
    });
  });

  test("option names are found whatever their case, and of two the first", () => {
    const asked = [
      { name: "BlkSize", value: "1024" },
      { name: "blksize", value: "9" },
    ];
    expect(findOption(asked, "blksize")).toBe("1024");
    expect(findOption(asked, "tsize")).toBeUndefined();
  });

  test("padding behind a request is no option", () => {
    const bytes = bytesOf([0, 1], "a\0octet\0", [0, 0, 0, 0, 0]);
    expect(decodePacket(bytes)).toMatchObject({ filename: "a", options: [] });
  });

  test("bytes of a name are kept one by one, for the repair to see them (Q7)", () => {
    const bytes = bytesOf([0, 1], "undionly.kpxe", [0xff], "\0octet\0");
    expect(decodePacket(bytes)).toMatchObject({ filename: "undionly.kpxe\u00ff" });
  });

  test.each([
    ["nothing", [], "WIRE_TRUNCATED"],
    ["half an opcode", [0], "WIRE_TRUNCATED"],
    ["an opcode that is none", [0, 7, 0, 0], "WIRE_BAD_MAGIC"],
    ["a name without its NUL", [0, 1, 97], "WIRE_TRUNCATED"],
    ["no mode", [0, 1, 97, 0], "WIRE_TRUNCATED"],
    ["a mode without its NUL", [0, 1, 97, 0, 111], "WIRE_TRUNCATED"],
    ["an option without a value", [0, 1, 97, 0, 111, 0, 98, 0], "WIRE_TRUNCATED"],
    ["half a block number", [0, 4, 1], "WIRE_TRUNCATED"],
    ["an ERROR without code", [0, 5], "WIRE_TRUNCATED"],
    ["a request that never ends", [0, 1, ...Array<number>(4000).fill(97)], "WIRE_BAD_LENGTH"],
  ])("%s is refused", (_what, bytes, code) => {
    expect(() => decodePacket(Uint8Array.from(bytes))).toThrow(expect.objectContaining({ code }));
  });

  test("only what claims to be a request may be answered when it is broken", () => {
    expect(looksLikeRequest(Uint8Array.of(0, 1, 97))).toBe(true);
    expect(looksLikeRequest(Uint8Array.of(0, 2, 97))).toBe(true);
    expect(looksLikeRequest(Uint8Array.of(0, 5, 0, 4))).toBe(false);
    expect(looksLikeRequest(Uint8Array.of(0, 1))).toBe(false);
  });
});

test("an ERROR text without its NUL is read to the end, as many clients send it", () => {
  expect(decodePacket(bytesOf([0, 5, 0, 8], "User aborted"))).toEqual({
    type: "ERROR",
    code: 8,
    message: "User aborted",
  });
});

test.each<[string, TftpPacket]>([
  ["NUL in a name", { type: "RRQ", filename: "a\0b", mode: "octet", options: [] }],
  ["a character that is no byte", { type: "ERROR", code: 0, message: "→" }],
  ["an option without a name", { type: "OACK", options: [{ name: "", value: "1" }] }],
  ["a block number of 17 bits", { type: "ACK", block: 65536 }],
])("%s cannot be encoded", (_what, value) => {
  expect(() => encodePacket(value)).toThrow(WireError);
});
