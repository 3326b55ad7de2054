import { describe, expect, test } from "vitest";
import { formatMac, hyphenMac, parseMac } from "../../../src/wire/net/mac.ts";

describe("parseMac", () => {
  test.each([
    "52:54:00:12:34:56",
    "52-54-00-12-34-56",
    "52-54-00-12-34-56".toUpperCase(),
    "525400123456",
    "5254.0012.3456",
    " 52:54:0:12:34:56 ",
  ])("reads %j", (text) => {
    expect(parseMac(text)).toBe("52:54:00:12:34:56");
  });

  test.each([
    "",
    "beta",
    "52:54:00:12:34",
    "52:54:00:12:34:56:78",
    "52:54-00:12:34:5g",
    "00:00:00:00:00:00",
    "ff:ff:ff:ff:ff:ff",
    "01:00:5e:00:00:01",
  ])("refuses %j, which no machine has", (text) => {
    expect(parseMac(text)).toBeUndefined();
  });
});

test("formatMac and hyphenMac write what parseMac reads", () => {
  const mac = formatMac(Uint8Array.of(0xdc, 0xa6, 0x32, 1, 2, 3));
  expect(mac).toBe("dc:a6:32:01:02:03");
  expect(parseMac(hyphenMac(mac))).toBe(mac);
});
