/** Our replies, read by somebody else's codec: an encoder and a decoder can be wrong together. */

import options from "dhcp/lib/options.js";
import protocol from "dhcp/lib/protocol.js";
import { expect, test } from "vitest";
import { decide } from "../src/boot/decide.ts";
import { answer } from "../src/boot/dhcp/answer.ts";
import { answerLease } from "../src/boot/dhcp/answer-lease.ts";
import { bootPart } from "../src/boot/dhcp/boot-part.ts";
import { identify } from "../src/boot/dhcp/identify.ts";
import { OPTION } from "../src/wire/dhcp/option.ts";
import { encodePacket } from "../src/wire/dhcp/packet.ts";
import { ask, SELF as LEASE_SELF, leaseRig, reservation } from "./support/leases.ts";
import { IPXE_175, pxeClass, type RequestFacts, request, UUID } from "./support/packets.ts";
import { worldForEveryone } from "./support/worlds.ts";

const SELF = "10.77.0.2";

options.addOption(OPTION.CLIENT_ARCH, { name: "Client architecture", type: "UInt16s", attr: "arch" });
options.addOption(OPTION.CLIENT_UUID, { name: "Client UUID", type: "UInt8s", attr: "uuid" });
options.addOption(OPTION.IPXE, { name: "iPXE", type: "UInt8s", attr: "ipxe" });

function secondOpinion(facts: RequestFacts, port: 67 | 4011 = 67) {
  const packet = request({ uuid: UUID, ...facts });
  const client = identify(packet);
  const server = { arrival: { self: SELF }, port, ports: { http: 8080, tftp: 69 } };
  const reply = client && answer(packet, client, decide(client, worldForEveryone()), server);
  if (reply === undefined) throw new Error("this test's request got silence");
  return protocol.parse(Buffer.from(encodePacket(reply)));
}

const HEADER = {
  op: 2,
  htype: 1,
  hlen: 6,
  hops: 0,
  xid: 0x12345678,
  secs: 0,
  flags: 0x8000,
  ciaddr: "0.0.0.0",
  yiaddr: "0.0.0.0",
  siaddr: SELF,
  giaddr: "0.0.0.0",
  chaddr: "52-54-00-12-34-56",
  magicCookie: 0x63825363,
};

test("the npm package dhcp reads our offer to UEFI as we meant it", () => {
  const read = secondOpinion({ vendorClass: pxeClass(7), archs: [7] });
  expect(read).toMatchObject({ ...HEADER, sname: SELF, file: "ipxe-x64.efi" });
  expect(Object.keys(read.options)).toEqual(["53", "54", "60", "66", "67", "97"]);
  expect(read.options).toMatchObject({ 53: 2, 54: SELF, 60: "PXEClient" });
  expect(read.options[OPTION.CLIENT_UUID]).toHaveLength(17);
});

test("the npm package dhcp reads our ACK to a BIOS ROM on 4011 as we meant it", () => {
  const facts = {
    vendorClass: pxeClass(0),
    archs: [0],
    type: "REQUEST",
    header: { ciaddr: "10.77.0.145" },
  } as const;
  const read = secondOpinion(facts, 4011);
  expect(read).toMatchObject({ ...HEADER, flags: 0, ciaddr: "10.77.0.145", file: "undionly.kpxe" });
  expect(read.options).toMatchObject({ 53: 5, 43: [6, 1, 8, 255] });
});

test("the npm package dhcp reads our offer to iPXE as we meant it", () => {
  const read = secondOpinion({
    vendorClass: "PXEClient",
    archs: [0],
    options: new Map([[OPTION.IPXE, IPXE_175]]),
  });
  expect(read).toMatchObject({
    ...HEADER,
    sname: "",
    file: "",
  });
  const known = `http://${SELF}:8080/netboot.ipxe?mac=52-54-00-12-34-56&uuid=${UUID}&arch=x86`;
  expect(read.options).toMatchObject({
    67: `${known}&serial=\${serial:uristring}`,
    53: 2,
    54: SELF,
    60: "PXEClient",
    175: [1, 1, 127],
  });
});

/** What a machine is told that asks us for an address as well. */
function leaseOpinion(facts: Parameters<typeof ask>[1], type: Parameters<typeof ask>[0] = "DISCOVER") {
  const mac = "52:54:00:12:34:56";
  const reserved = reservation({ host: "beta", macs: [mac], addresses: ["10.0.0.42"] });
  const packet = ask(type, { mac, uuid: UUID, ...facts });
  const client = identify(packet);
  const arrival = { self: LEASE_SELF, mtu: 1500 };
  const server = { arrival, port: 67, ports: { http: 8080, tftp: 69 } } as const;
  const boot = client && bootPart(packet, client, decide(client, worldForEveryone()), server);
  const decision = leaseRig(undefined, [reserved]).decide({ request: packet });
  const reply = answerLease(packet, decision, arrival, boot);
  if (reply === undefined) throw new Error("this test's request got silence");
  return protocol.parse(Buffer.from(encodePacket(reply)));
}

test("the npm package dhcp reads an offer with an address and a boot file as we meant it", () => {
  const read = leaseOpinion({ vendorClass: pxeClass(7), archs: [7] });
  expect(read).toMatchObject({
    ...HEADER,
    flags: 0,
    siaddr: LEASE_SELF,
    yiaddr: "10.0.0.42",
    file: "ipxe-x64.efi",
  });
  expect(read.options).toMatchObject({
    ...{ 53: 2, 54: LEASE_SELF, 1: "255.255.255.0", 3: [LEASE_SELF] },
    ...{ 51: 3600, 58: 1800, 59: 3150, 67: "ipxe-x64.efi" },
  });
});

test("the npm package dhcp reads an ACK to a machine that does not netboot as we meant it", () => {
  const wanted = new Map([[OPTION.PARAMETER_LIST, Uint8Array.of(OPTION.HOST_NAME)]]);
  const read = leaseOpinion({ wants: "10.0.0.42", server: LEASE_SELF, options: wanted }, "REQUEST");
  expect(read).toMatchObject({ yiaddr: "10.0.0.42", siaddr: "0.0.0.0", file: "", sname: "" });
  expect(read.options).toMatchObject({ 53: 5, 54: LEASE_SELF, 51: 3600, 12: "beta" });
  expect(read.options).not.toHaveProperty("67");
});

test("the npm package dhcp reads a NAK with its reason as we meant it", () => {
  const read = leaseOpinion({ wants: "192.168.7.7" }, "REQUEST");
  expect(read).toMatchObject({ yiaddr: "0.0.0.0", ciaddr: "0.0.0.0" });
  expect(read.options).toMatchObject({ 53: 6, 54: LEASE_SELF });
  expect(read.options[56]).toContain("192.168.7.7");
});
