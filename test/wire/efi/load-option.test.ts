import { expect, test } from "vitest";
import { bootOrder, bootTimeout, fileBootEntry } from "../../../src/wire/efi/load-option.ts";

test("an entry for a file: active, its name, and a device path of one file", () => {
  const entry = fileBootEntry(0x1a, "X", "\\A");
  expect(entry).toMatchObject({ name: "Boot001A", attributes: 7 });
  expect(Buffer.from(entry.data).toString("hex")).toBe(
    ["01000000", "0e00", "58000000", "04040a00", "5c0041000000", "7fff0400"].join(""),
  );
});

test("the order and the timeout are numbers of 16 bits", () => {
  expect([...bootOrder([0x1a, 1]).data]).toEqual([0x1a, 0, 1, 0]);
  expect([...bootTimeout(258).data]).toEqual([2, 1]);
});
