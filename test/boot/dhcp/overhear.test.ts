import { expect, test } from "vitest";
import { overhear } from "../../../src/boot/dhcp/overhear.ts";
import { OPTION } from "../../../src/wire/dhcp/option.ts";
import { MAC, pxeClass, request, unhex } from "../../support/packets.ts";

const ON = { interface: "eth0" };
const WANTS = new Map([[OPTION.REQUESTED_ADDRESS as number, unhex("0a4d0091")]]);

test("firmware that takes another server's address is overheard, with the address", () => {
  const packet = request({ type: "REQUEST", vendorClass: pxeClass(7), options: WANTS });
  expect(overhear(packet, 67, ON)).toMatchObject({
    type: "overheard",
    mac: MAC,
    request: "REQUEST",
    client: { stage: "uefi" },
    address: "10.77.0.145",
  });
});

test("the server that it takes its address from is known by what it says", () => {
  const options = new Map([...WANTS, [OPTION.SERVER_ID as number, unhex("0a4d0001")]]);
  const packet = request({ type: "REQUEST", vendorClass: pxeClass(7), options });
  expect(overhear(packet, 67, ON)).toMatchObject({ server: "10.77.0.1" });
});

test("a system that runs is overheard, by whichever message, as one that does not netboot", () => {
  expect(overhear(request({ vendorClass: "Linux ipconfig", options: WANTS }), 67, ON)).toEqual({
    type: "overheard",
    interface: "eth0",
    mac: MAC,
    request: "DISCOVER",
  });
  const renewing = request({ type: "REQUEST", header: { ciaddr: "10.77.0.7" } });
  expect(overhear(renewing, 67, ON)).toMatchObject({ address: "10.77.0.7" });
});

test.each([
  ["a DISCOVER that is decided", request({ vendorClass: pxeClass(7) }), 67],
  [
    "a DISCOVER that is decided, and says its architecture",
    request({ vendorClass: pxeClass(7), archs: [7] }),
    67,
  ],
  ["a REQUEST on 4011", request({ type: "REQUEST", vendorClass: pxeClass(7) }), 4011],
  ["a RELEASE", request({ type: "RELEASE" }), 67],
  ["a machine of another kind of network", request({ header: { htype: 32, hlen: 0 } }), 67],
] as const)("%s is not", (_, packet, port) => {
  expect(overhear(packet, port, ON)).toBeUndefined();
});

test("an option 50 that is malformed breaks the protocol of a REQUEST alone", () => {
  const options = new Map([[OPTION.REQUESTED_ADDRESS as number, unhex("0a4d")]]);
  expect(() => overhear(request({ type: "REQUEST", options }), 67, ON)).toThrow();
  expect(overhear(request({ options }), 67, ON)).toMatchObject({ request: "DISCOVER" });
});
