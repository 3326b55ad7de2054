import * as fc from "fast-check";
import { expect, test } from "vitest";
import { decodeBpdu } from "../../../src/wire/net/bpdu.ts";
import { unhex } from "../../support/packets.ts";

/** Bridge 52:54:00:00:00:01 of priority 32768 is the root itself; max age 20 s, hello 2 s, forward delay 15 s. */
const TIMES = "0000 1400 0200 0f00";
const STP = `0180c2000000 525400000011 0026 424203 0000 00 00 00
  8000525400000001 00000000 8000525400000001 8001 ${TIMES}`;
/** A designated port that forwards: flags 0x3c. */
const RSTP = `0180c2000000 525400000011 0027 424203 0000 02 02 3c
  8000525400000001 00000000 8000525400000001 8001 ${TIMES} 00`;
const PVST = `01000ccccccd 525400000011 0032 aaaa0300000c010b 0000 00 00 00
  8001525400000001 00000000 8001525400000001 8001 ${TIMES} 0000 0000 0002 0001`;
const TOPOLOGY_CHANGE = "0180c2000000 525400000011 0007 424203 0000 00 80";

const BRIDGE = "52:54:00:00:00:01";

test("classic spanning tree tells its bridge and how long a port waits, not whether this one forwards", () => {
  expect(decodeBpdu(unhex(STP))).toEqual({ kind: "stp", bridge: BRIDGE, forwardDelaySeconds: 15 });
});

test("Cisco's for each VLAN is the same behind another header", () => {
  expect(decodeBpdu(unhex(PVST))).toEqual(decodeBpdu(unhex(STP)));
});

test.each([
  ["forwards", RSTP, { kind: "rstp", forwards: true }],
  ["learns", RSTP.replace(" 3c", " 1c"), { kind: "rstp", forwards: false }],
  ["discards", RSTP.replace(" 3c", " 0c"), { kind: "rstp", forwards: false }],
  ["forwards, in MSTP", RSTP.replace("02 02 3c", "03 02 3c"), { kind: "mstp", forwards: true }],
])("rapid spanning tree tells that its port %s", (_, frame, wanted) => {
  expect(decodeBpdu(unhex(frame))).toEqual({ bridge: BRIDGE, forwardDelaySeconds: 15, ...wanted });
});

test("news of a change alone, other protocols and what is cut short are none", () => {
  const cut = unhex(STP).subarray(0, -1);
  const other = unhex(STP.replace("424203 0000", "424203 0001"));
  for (const frame of [unhex(TOPOLOGY_CHANGE), other, cut, new Uint8Array()]) {
    expect(decodeBpdu(frame)).toBeUndefined();
  }
});

test("any bytes give a BPDU or nothing", () => {
  const start = unhex(STP).subarray(0, 18);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.boolean(), (bytes, behindHeader) => {
      const bpdu = decodeBpdu(behindHeader ? Uint8Array.of(...start, ...bytes) : bytes);
      expect(bpdu === undefined || bpdu.forwardDelaySeconds < 256).toBe(true);
    }),
  );
});
