import * as fc from "fast-check";
import { expect, test } from "vitest";
import { decodeEchoReply, encodeEchoRequest } from "../../../src/wire/net/icmp-echo.ts";
import { unhex } from "../../support/packets.ts";

/** An IPv4 header without options, from 10.0.0.9. */
const HEADER = unhex("4500001c00004000400100000a0000090a000002");

test("a request is these bytes, checksum included", () => {
  // 0x0800 + 0x1234 + 0x0002 = 0x1a36, and its complement.
  expect(encodeEchoRequest(0x1234, 2)).toEqual(unhex("0800e5c912340002"));
});

test("a reply says who answered which request", () => {
  const packet = Uint8Array.of(...HEADER, ...unhex("0000edc912340002"));
  expect(decodeEchoReply(packet)).toEqual({ from: "10.0.0.9", id: 0x1234, sequence: 2 });
});

test("requests, other ICMP, other protocols and cut packets are no reply", () => {
  const reply = Uint8Array.of(...HEADER, ...unhex("0000edc912340002"));
  expect(decodeEchoReply(reply.with(20, 8))).toBeUndefined();
  expect(decodeEchoReply(reply.with(20, 3))).toBeUndefined();
  expect(decodeEchoReply(reply.with(9, 17))).toBeUndefined();
  for (let size = 0; size < reply.length; size++)
    expect(decodeEchoReply(reply.subarray(0, size))).toBeUndefined();
});

test("no bytes are too strange to be read", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => void decodeEchoReply(bytes)));
});
