/**
 * A UEFI PXE client's side of the conversation over real sockets, as a program that a test starts in a
 * namespace: DISCOVER by broadcast from 68, then REQUEST from 4011 to the 4011 of whoever offered.
 *
 * Its arguments are its MAC and its address. It prints a line of JSON for each reply: from where, to which
 * of its ports, and the packet's bytes in hex. It ends when it was sent `SIGTERM`.
 */

import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { decodePacket, encodePacket } from "../../src/wire/dhcp/packet.ts";
import { pxeClass, request, UUID } from "./packets.ts";

const [mac = "", address = ""] = process.argv.slice(2);
const facts = { mac, uuid: UUID, vendorClass: pxeClass(7), archs: [7] };

async function open(port: number, at: string): Promise<Socket> {
  const socket = createSocket("udp4");
  socket.bind(port, at);
  await once(socket, "listening");
  socket.setBroadcast(true);
  socket.on("message", (bytes, from) => {
    console.log(
      JSON.stringify({ from: `${from.address}:${from.port}`, to: port, hex: bytes.toString("hex") }),
    );
  });
  return socket;
}

const discovery = await open(68, "0.0.0.0");
const bootServer = await open(4011, address);
process.once("SIGTERM", () => {
  discovery.close();
  bootServer.close();
});

discovery.once("message", (bytes) => {
  const offer = decodePacket(bytes);
  const ask = request({ ...facts, type: "REQUEST", header: { ciaddr: address, xid: offer.xid + 1 } });
  bootServer.send(encodePacket(ask), 4011, offer.siaddr);
});
discovery.send(encodePacket(request(facts)), 67, "255.255.255.255");
