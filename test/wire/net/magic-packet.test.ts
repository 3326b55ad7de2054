import fc from "fast-check";
import { expect, test } from "vitest";
import { WireError } from "../../../src/wire/error.ts";
import { formatMac } from "../../../src/wire/net/mac.ts";
import { decodeMagicPacket, encodeMagicPacket } from "../../../src/wire/net/magic-packet.ts";

test("six ones, then the address sixteen times", () => {
  const packet = encodeMagicPacket("52:54:00:12:34:56");
  expect(Buffer.from(packet).toString("hex")).toBe(`ffffffffffff${"525400123456".repeat(16)}`);
});

test("what was written is read, and what stands behind it makes no difference", () => {
  const mac = fc.uint8Array({ minLength: 6, maxLength: 6 }).map(formatMac);
  fc.assert(
    fc.property(mac, fc.uint8Array({ maxLength: 6 }), (address, password) => {
      const packet = new Uint8Array([...encodeMagicPacket(address), ...password]);
      expect(decodeMagicPacket(packet)).toBe(address);
    }),
  );
});

test("any other bytes are refused", () => {
  const right = encodeMagicPacket("52:54:00:12:34:56");
  const codeOf = (bytes: Uint8Array) => {
    try {
      return decodeMagicPacket(bytes);
    } catch (error) {
      return error instanceof WireError ? error.code : error;
    }
  };
  expect(codeOf(right.subarray(1))).toBe("WIRE_BAD_LENGTH");
  for (const at of [0, 5, 12, 101]) {
    const wrong = Uint8Array.from(right);
    wrong[at] = (wrong[at] ?? 0) ^ 1;
    expect(codeOf(wrong)).toBe("WIRE_BAD_MAGIC");
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(codeOf(bytes)).toMatch(/^WIRE_BAD_(LENGTH|MAGIC)$|^[0-9a-f:]{17}$/);
    }),
  );
});
