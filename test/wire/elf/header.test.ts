import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeElf32, isElf } from "../../../src/wire/elf/header.ts";
import { WireError } from "../../../src/wire/error.ts";
import { gpuProgram } from "../../support/rpi4-files.ts";

test("tells the GPU's machine, the headers, and how long the file must be", () => {
  expect(decodeElf32(gpuProgram(0x4000, 3))).toEqual({
    machine: 137,
    type: 2,
    programHeaders: 3,
    minBytes: 0x4000,
  });
});

test("a file that was cut off still tells how long it must be", () => {
  expect(decodeElf32(gpuProgram(0x4000).subarray(0, 0x1000)).minBytes).toBe(0x4000);
});

test.each<[string, Uint8Array, string]>([
  ["nothing", new Uint8Array(), "WIRE_BAD_MAGIC"],
  ["a text", new TextEncoder().encode("not found"), "WIRE_BAD_MAGIC"],
  ["a header that ends early", gpuProgram(0x4000).subarray(0, 40), "WIRE_TRUNCATED"],
  ["program headers that end early", gpuProgram(0x4000).subarray(0, 60), "WIRE_TRUNCATED"],
  ["a 64-bit program", gpuProgram(0x4000).with(4, 2), "WIRE_BAD_VALUE"],
])("refuses %s", (_what, bytes, code) => {
  expect(() => decodeElf32(bytes)).toThrow(expect.objectContaining({ name: "WireError", code }));
});

test("any bytes give a header or a WireError", () => {
  const likely = fc
    .uint8Array({ maxLength: 300 })
    .map((rest) => Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 1, 1, ...rest));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array(), likely), (bytes) => {
      try {
        expect(decodeElf32(bytes).minBytes).toBeGreaterThanOrEqual(0);
        expect(isElf(bytes)).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(WireError);
      }
    }),
  );
});
