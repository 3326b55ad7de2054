/** Our replies, read by somebody else's codec: an encoder and a decoder can be wrong together. */

import options from "dhcp/lib/options.js";
import protocol from "dhcp/lib/protocol.js";
import { expect, test } from "vitest";
import { decide } from "../src/boot/decide.ts";
import { answer } from "../src/boot/dhcp/answer.ts";
import { identify } from "../src/boot/dhcp/identify.ts";
import { OPTION } from "../src/wire/dhcp/option.ts";
import { encodePacket } from "../src/wire/dhcp/packet.ts";
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
