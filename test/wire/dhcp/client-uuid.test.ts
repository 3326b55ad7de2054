import { describe, expect, test } from "vitest";
import {
  decodeClientUuid,
  decodeOldRaspberryPiSerial,
  encodeClientUuid,
  isKnownUuid,
} from "../../../src/wire/dhcp/client-uuid.ts";
import { unhex } from "../../support/packets.ts";

test("the first three fields of a UUID are little-endian, as SMBIOS stores them", () => {
  const value = unhex("00 4445 4c4c 4200 1035 8052 b4c04f4e4d31");
  const uuid = "4c4c4544-0042-3510-8052-b4c04f4e4d31";
  expect(decodeClientUuid(value)).toEqual({ type: "uuid", uuid });
  expect(encodeClientUuid(uuid)).toEqual(value);
  expect(encodeClientUuid(uuid.toUpperCase())).toEqual(value);
});

test("an empty option 97 is none (Q5)", () => {
  expect(decodeClientUuid(new Uint8Array())).toBeUndefined();
});

test.each([
  ["one byte short", unhex("00".repeat(16)), "WIRE_BAD_LENGTH"],
  ["one byte long", unhex("00".repeat(18)), "WIRE_BAD_LENGTH"],
  ["of another type", unhex(`01${"00".repeat(16)}`), "WIRE_BAD_VALUE"],
])("an option 97 %s is refused (Q5)", (_, value, code) => {
  expect(() => decodeClientUuid(value)).toThrow(expect.objectContaining({ code }));
});

test.each(["", "4c4c4544", "4c4c4544-0042-3510-8052-b4c04f4e4d3g"])("%j is no UUID to write", (text) => {
  expect(() => encodeClientUuid(text)).toThrow("is no UUID");
});

test.each([
  ["00000000-0000-0000-0000-000000000000", false],
  ["ffffffff-ffff-ffff-ffff-ffffffffffff", false],
  ["00000000-0000-0000-0000-000000000001", true],
])("whether %s names a machine: %s", (uuid, known) => {
  expect(isKnownUuid(uuid)).toBe(known);
});

describe("a Raspberry Pi's option 97 (R2)", () => {
  test("tells board revision and serial number, as a Pi 4's log showed them", () => {
    expect(decodeClientUuid(unhex("00 52506934 1131a000 322ef8ed 1045155b"))).toEqual({
      type: "raspberry-pi",
      model: 4,
      boardRevision: "a03111",
      serial: "5b154510",
    });
  });

  test("is known for a Pi 5 too", () => {
    expect(decodeClientUuid(unhex("00 52506935 7041d000 00000000 efbeadde"))).toMatchObject({
      model: 5,
      boardRevision: "d04170",
      serial: "deadbeef",
    });
  });

  test("is an ordinary UUID unless all four letters are right", () => {
    expect(decodeClientUuid(unhex("00 52506978 1131a000 322ef8ed 1045155b"))).toMatchObject({ type: "uuid" });
  });

  test("was the serial number four times over before March 2020", () => {
    expect(decodeOldRaspberryPiSerial(unhex(`00${"1045155b".repeat(4)}`))).toBe("5b154510");
    expect(decodeOldRaspberryPiSerial(unhex(`00${"1045155b".repeat(3)}1045155c`))).toBeUndefined();
    expect(decodeOldRaspberryPiSerial(unhex("00".repeat(17)))).toBeUndefined();
    expect(decodeOldRaspberryPiSerial(unhex(`00${"ff".repeat(16)}`))).toBeUndefined();
    expect(decodeOldRaspberryPiSerial(new Uint8Array())).toBeUndefined();
  });
});
