import { expect, test } from "vitest";
import { destination } from "../../../src/boot/dhcp/destination.ts";
import { BROADCAST_FLAG } from "../../../src/wire/dhcp/packet.ts";
import { request } from "../../support/packets.ts";

const FROM = { address: "10.77.0.145", port: 4011 };
const ANYBODY = { address: "0.0.0.0", port: 68 };

test("a relay gets its clients' replies, on port 67 (Q10)", () => {
  const relayed = request({ header: { giaddr: "10.88.0.1", flags: BROADCAST_FLAG } });
  expect(destination(relayed, relayed, 67, FROM)).toEqual({ address: "10.88.0.1", port: 67 });
});

test("a client without an address hears it by broadcast, on port 68", () => {
  expect(destination(request(), request(), 67, ANYBODY)).toEqual({ address: "255.255.255.255", port: 68 });
});

test("a client with an address gets it there, unless it asks for broadcast", () => {
  const informed = request({ header: { ciaddr: "10.77.0.145" } });
  expect(destination(informed, informed, 67, FROM)).toEqual({ address: "10.77.0.145", port: 68 });
  const deaf = request({ header: { ciaddr: "10.77.0.145", flags: BROADCAST_FLAG } });
  expect(destination(deaf, deaf, 67, FROM)).toEqual({ address: "255.255.255.255", port: 68 });
});

test("on 4011 a reply goes back to the address and port that asked, whatever the packet says", () => {
  const asked = request({ header: { ciaddr: "10.77.0.9", giaddr: "10.88.0.1", flags: BROADCAST_FLAG } });
  expect(destination(asked, asked, 4011, FROM)).toEqual(FROM);
  expect(destination(asked, asked, 4011, { ...FROM, port: 68 })).toEqual({ ...FROM, port: 68 });
});

test("on 4011 a client without an address, or with a port that cannot be, still gets a reply", () => {
  expect(destination(request(), request(), 4011, ANYBODY)).toEqual({ address: "255.255.255.255", port: 68 });
  expect(destination(request(), request(), 4011, { ...FROM, port: 0 })).toEqual({ ...FROM, port: 68 });
});
