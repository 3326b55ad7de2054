import * as fc from "fast-check";
import { expect, test } from "vitest";
import { WireError } from "../../../src/wire/error.ts";
import { ARP_REPLY, ARP_REQUEST, type ArpPacket, decodeArp, encodeArp } from "../../../src/wire/net/arp.ts";
import { formatMac } from "../../../src/wire/net/mac.ts";
import { unhex } from "../../support/packets.ts";

const mac = fc.uint8Array({ minLength: 6, maxLength: 6 }).map(formatMac);
const packet: fc.Arbitrary<ArpPacket> = fc.record({
  operation: fc.constantFrom(ARP_REQUEST, ARP_REPLY),
  senderMac: mac,
  senderIp: fc.ipV4(),
  targetMac: mac,
  targetIp: fc.ipV4(),
});

test("a question of RFC 826 is these bytes", () => {
  const question: ArpPacket = {
    operation: ARP_REQUEST,
    senderMac: "52:54:00:12:34:56",
    senderIp: "10.0.0.2",
    targetMac: "00:00:00:00:00:00",
    targetIp: "10.0.0.9",
  };
  const bytes = unhex("0001 0800 06 04 0001 525400123456 0a000002 000000000000 0a000009".replaceAll(" ", ""));
  expect(encodeArp(question)).toEqual(bytes);
  expect(decodeArp(bytes)).toEqual(question);
});

test("what is written is read, whatever stands behind it in the frame", () => {
  fc.assert(
    fc.property(packet, fc.uint8Array({ maxLength: 18 }), (written, padding) => {
      expect(decodeArp(Uint8Array.of(...encodeArp(written), ...padding))).toEqual(written);
    }),
  );
});

test("any bytes are a packet or a WireError", () => {
  const start = unhex("000108000604");
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.boolean(), (bytes, begins) => {
      try {
        decodeArp(begins ? Uint8Array.of(...start, ...bytes) : bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(WireError);
      }
    }),
  );
});
