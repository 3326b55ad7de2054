import fc from "fast-check";
import { expect, test } from "vitest";
import { WireError } from "../../../src/wire/error.ts";
import { decodePeMachine, isPe } from "../../../src/wire/pe/machine.ts";
import { ARM64, peFile, X64 } from "../../support/pe-file.ts";

test.each([X64, ARM64])("reads machine 0x%s from the PE header", (machine) => {
  expect(decodePeMachine(peFile(machine))).toBe(machine);
});

test.each<[what: string, bytes: Uint8Array, code: string]>([
  ["nothing", new Uint8Array(), "WIRE_BAD_MAGIC"],
  ["a BIOS program", Uint8Array.of(0xeb, 0x3c, 0x90), "WIRE_BAD_MAGIC"],
  ["a DOS header that ends early", peFile(X64).subarray(0, 0x3e), "WIRE_TRUNCATED"],
  ["a PE header behind the end", peFile(X64).subarray(0, 0x84), "WIRE_TRUNCATED"],
  ["a DOS program", peFile(X64).map((byte, index) => (index === 0x80 ? 0 : byte)), "WIRE_BAD_MAGIC"],
])("refuses %s", (_what, bytes, code) => {
  expect(() => decodePeMachine(bytes)).toThrow(expect.objectContaining({ name: "WireError", code }));
});

test("any bytes give a machine or a WireError", () => {
  const likely = fc.uint8Array({ maxLength: 600 }).map((bytes) => Uint8Array.of(0x4d, 0x5a, ...bytes));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array(), likely), (bytes) => {
      try {
        expect(decodePeMachine(bytes)).toBeLessThan(0x10000);
        expect(isPe(bytes)).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(WireError);
      }
    }),
  );
});
