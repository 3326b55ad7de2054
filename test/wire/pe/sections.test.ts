import fc from "fast-check";
import { expect, test } from "vitest";
import { WireError } from "../../../src/wire/error.ts";
import { decodePeSections } from "../../../src/wire/pe/sections.ts";
import { put } from "../../support/kernels.ts";
import { stubProgram } from "../../support/pe-file.ts";
import { addSections } from "../../support/uki.ts";

const text = (content: string) => new TextEncoder().encode(content);

test("finds the sections of a unified kernel image, without their padding", () => {
  const uki = addSections(stubProgram(0x8664), {
    ".cmdline": text("init=/x quiet"),
    ".linux": text("kernel"),
  });
  const sections = new Map(decodePeSections(uki).map((section) => [section.name, section]));
  expect([...sections.keys()]).toEqual([".text", ".cmdline", ".linux"]);
  const { offset = 0, sizeBytes = 0 } = sections.get(".cmdline") ?? {};
  expect(new TextDecoder().decode(uki.subarray(offset, offset + sizeBytes))).toBe("init=/x quiet");
});

test.each<[what: string, bytes: Uint8Array, code: string]>([
  ["nothing", new Uint8Array(), "WIRE_TRUNCATED"],
  ["a DOS program", put(stubProgram(0x8664), 0x80, "N"), "WIRE_BAD_MAGIC"],
  ["a table behind the end", stubProgram(0x8664).subarray(0, 0x1a0), "WIRE_TRUNCATED"],
])("refuses %s", (_what, bytes, code) => {
  expect(() => decodePeSections(bytes)).toThrow(expect.objectContaining({ name: "WireError", code }));
});

test("any bytes give sections or a WireError", () => {
  const flipped = fc
    .array(fc.tuple(fc.nat(0x300), fc.nat(255)))
    .map((flips) => flips.reduce((bytes, [at, byte]) => put(bytes, at, byte), stubProgram(0x8664)));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array(), flipped), (bytes) => {
      try {
        decodePeSections(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(WireError);
      }
    }),
  );
});
