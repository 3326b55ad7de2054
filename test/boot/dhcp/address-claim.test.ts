import { expect, test } from "vitest";
import { addressClaim } from "../../../src/boot/dhcp/address-claim.ts";
import { OPTION } from "../../../src/wire/dhcp/option.ts";
import { MAC, pxeClass, type RequestFacts, request, unhex } from "../../support/packets.ts";

const NOBODY = { address: "0.0.0.0", port: 68 };
const WANTS = new Map([[OPTION.REQUESTED_ADDRESS as number, unhex("0a4d0091")]]);
const REQUEST: RequestFacts = { type: "REQUEST", vendorClass: pxeClass(7) };

test("a REQUEST by broadcast claims the address of option 50, whichever server it is meant for", () => {
  const packet = request({ ...REQUEST, options: new Map([...WANTS, [OPTION.SERVER_ID, unhex("0a4d0001")]]) });
  expect(addressClaim(packet, 67, NOBODY)).toEqual({ mac: MAC, address: "10.77.0.145", kind: "lease" });
});

test("a booted system's REQUEST counts too: an address that it has is no other machine's", () => {
  expect(addressClaim(request({ type: "REQUEST", options: WANTS }), 67, NOBODY)?.address).toBe("10.77.0.145");
});

test("a request on 4011 claims its own address", () => {
  const packet = request({ ...REQUEST, header: { ciaddr: "10.77.0.145" } });
  const from = { address: "10.77.0.145", port: 4011 };
  expect(addressClaim(packet, 4011, from)).toEqual({ mac: MAC, address: "10.77.0.145", kind: "lease" });
});

test("a request that a router translated claims nothing: others may be behind its address", () => {
  const packet = request({ ...REQUEST, header: { ciaddr: "192.168.7.9" } });
  const from = { address: "10.77.0.254", port: 31_000 };
  expect(addressClaim(packet, 4011, from)).toEqual({ mac: MAC, address: "10.77.0.254", kind: "request" });
});

test.each([
  ["a DISCOVER", request({ vendorClass: pxeClass(7), options: WANTS })],
  ["a REQUEST without an address", request(REQUEST)],
  ["a RELEASE", request({ type: "RELEASE", header: { ciaddr: "10.77.0.145" } })],
])("%s claims nothing", (_, packet) => {
  expect(addressClaim(packet, 67, NOBODY)).toBeUndefined();
});
