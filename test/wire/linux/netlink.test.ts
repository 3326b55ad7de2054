import fc from "fast-check";
import { expect, test } from "vitest";
import { WireError } from "../../../src/wire/error.ts";
import { decodeLinks, encodeLinkRequest } from "../../../src/wire/linux/netlink.ts";
import { unhex } from "../../support/packets.ts";

const u16 = (value: number) => [value & 0xff, value >> 8];
const u32 = (value: number) => [...u16(value & 0xffff), ...u16(value >>> 16)];
const text = (value: string) => [...value].map((each) => each.charCodeAt(0)).concat(0);
const pad = (bytes: number[]) => [...bytes, ...new Array<number>((4 - (bytes.length % 4)) % 4).fill(0)];
const attribute = (type: number, body: number[]) => pad([...u16(4 + body.length), ...u16(type), ...body]);
const message = (type: number, body: number[]) =>
  pad([...u32(16 + body.length), ...u16(type), ...u16(2), ...u32(0), ...u32(77), ...body]);
const link = (index: number, attributes: number[]) =>
  message(16, [0, 0, ...u16(1), ...u32(index), ...u32(0x1043), ...u32(0), ...attributes]);

const DONE = message(3, u32(0));

test("a list is asked for by one message of 32 bytes", () => {
  expect(encodeLinkRequest(true)).toEqual(unhex(`20000000120001030000000000000000${"00".repeat(16)}`));
  expect(encodeLinkRequest(false).slice(0, 8)).toEqual(unhex("0000002000120301"));
});

test("links are read with their names and kinds, a card having none", () => {
  const card = link(2, [...attribute(4, u32(1500)), ...attribute(3, text("eth0"))]);
  const kind = attribute(1, text("veth"));
  // Nested ones may carry a flag in their type.
  const pair = link(7, [
    ...attribute(3, text("eth1")),
    ...attribute(18 | 0x8000, [...kind, ...attribute(2, [])]),
  ]);
  expect(decodeLinks(Uint8Array.from([...card, ...pair]), true)).toEqual({
    links: [
      { index: 2, name: "eth0" },
      { index: 7, name: "eth1", kind: "veth" },
    ],
    isLast: false,
  });
  expect(decodeLinks(Uint8Array.from([...card, ...DONE]), true)).toMatchObject({ isLast: true });
});

test("an error of the kernel's is one", () => {
  const refused = Uint8Array.from(message(2, [...u32(0xffffffff), ...new Array<number>(16).fill(0)]));
  expect(() => decodeLinks(refused, true)).toThrow(WireError);
});

test("any bytes give a list or a WireError", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, isLittle) => {
      try {
        decodeLinks(bytes, isLittle);
      } catch (error) {
        expect(error).toBeInstanceOf(WireError);
      }
    }),
  );
  const whole = Uint8Array.from(
    link(7, [...attribute(3, text("eth1")), ...attribute(18, attribute(1, text("tun")))]),
  );
  for (let length = 17; length < whole.length; length++) {
    expect(() => decodeLinks(whole.subarray(0, length), true)).toThrow(WireError);
  }
});
