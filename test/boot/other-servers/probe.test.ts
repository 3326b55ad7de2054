import * as fc from "fast-check";
import { expect, test } from "vitest";
import { identify } from "../../../src/boot/dhcp/identify.ts";
import { readAnswerFrame } from "../../../src/boot/other-servers/answer-frame.ts";
import {
  answerProbe,
  isProbe,
  isProbeMac,
  makeProbe,
  mayflyMode,
  PROBE_ARCHS,
  probeMac,
} from "../../../src/boot/other-servers/probe.ts";
import { readServerAnswer } from "../../../src/boot/other-servers/server-answer.ts";
import { BROADCAST_FLAG, decodePacket, encodePacket } from "../../../src/wire/dhcp/packet.ts";
import { decodeMac, encodeMac } from "../../../src/wire/net/mac.ts";
import { MAC, pxeClass, request } from "../../support/packets.ts";

const QUESTION = { mac: probeMac(Uint8Array.of(1, 2, 3)), arch: 7, xid: 0x1234, secs: 2 };

test.each(PROBE_ARCHS)(
  "as architecture %i it is asked as firmware asks, with a MAC address that is nobody's",
  (arch) => {
    const packet = decodePacket(encodePacket(makeProbe({ ...QUESTION, arch })));
    expect(identify(packet)).toMatchObject({
      mac: "66:6c:79:01:02:03",
      arch,
      stage: arch === 0 ? "rom" : "uefi",
    });
    expect(packet).toMatchObject({ xid: 0x1234, secs: 2, flags: BROADCAST_FLAG });
  },
);

test("its MAC addresses are locally administered, for one machine, and known again", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 3, maxLength: 3 }), (chance) => {
      const mac = probeMac(chance);
      expect((encodeMac(mac)[0] ?? 0) & 3).toBe(2);
      expect(decodeMac(encodeMac(mac))).toBe(mac);
      expect(isProbeMac(mac)).toBe(true);
    }),
  );
  expect(isProbeMac(MAC)).toBe(false);
});

test("a Mayfly knows the question, and no other client's", () => {
  const probe = makeProbe(QUESTION);
  expect(isProbe(decodePacket(encodePacket(probe)))).toBe(true);
  expect(isProbe(request({ vendorClass: pxeClass(7), archs: [7] }))).toBe(false);
  expect(isProbe(answerProbe(probe, "10.77.0.2", "proxy"))).toBe(false);
});

test.each(["proxy", "authoritative"] as const)(
  "the answer of one in %s mode gives nothing, and says what it is",
  (mode) => {
    const answer = decodePacket(encodePacket(answerProbe(makeProbe(QUESTION), "10.77.0.2", mode)));
    expect(mayflyMode(answer)).toBe(mode);
    expect(readServerAnswer(answer, { address: "10.77.0.3" })).toEqual({
      address: "10.77.0.2",
      boot: { class: "PXEClient" },
    });
    expect(answer).toMatchObject({ xid: 0x1234, flags: BROADCAST_FLAG, yiaddr: "0.0.0.0" });
  },
);

test("another server's answer says nothing of the kind", () => {
  expect(mayflyMode(request({ type: "OFFER" }))).toBeUndefined();
});

test("any frame is an answer or nothing", () => {
  const start = Uint8Array.of(...new Uint8Array(12), 8, 0, 0x45, ...new Uint8Array(8), 17);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.boolean(), (bytes, isUdp) => {
      const heard = readAnswerFrame(isUdp ? Uint8Array.of(...start, ...bytes) : bytes);
      expect(heard === undefined || heard.packet.op > 0).toBe(true);
    }),
  );
});
