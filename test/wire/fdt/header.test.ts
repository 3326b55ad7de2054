import { expect, test } from "vitest";
import { decodeFdtSize, isFdt } from "../../../src/wire/fdt/header.ts";
import { deviceTree } from "../../support/rpi4-files.ts";

test("tells the length of the tree, however long the file is", () => {
  expect(decodeFdtSize(deviceTree("x", 300))).toBe(300);
  expect(decodeFdtSize(deviceTree("x", 300).subarray(0, 100))).toBe(300);
  expect(isFdt(deviceTree("x"))).toBe(true);
});

test.each<[string, Uint8Array, string]>([
  ["nothing", new Uint8Array(), "WIRE_BAD_MAGIC"],
  ["a text", new TextEncoder().encode("<!DOCTYPE html>"), "WIRE_BAD_MAGIC"],
  ["a header that ends early", deviceTree("x").subarray(0, 20), "WIRE_TRUNCATED"],
  ["a block outside of the tree", deviceTree("x").with(10, 1), "WIRE_BAD_LENGTH"],
])("refuses %s", (_what, bytes, code) => {
  expect(() => decodeFdtSize(bytes)).toThrow(expect.objectContaining({ name: "WireError", code }));
});
