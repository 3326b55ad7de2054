/**
 * Asks a DHCP server once for each packet, as a program that a test starts in a namespace.
 *
 * Its arguments are packets in hex. For each it prints a line with the reply in hex, or an empty one when
 * none came in time; it asks the next one after that.
 */

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { decodePacket } from "../../src/wire/dhcp/packet.ts";
import { unhex } from "./packets.ts";

const WITHIN_MS = 4_000;

const socket = createSocket({ type: "udp4", reuseAddr: true });
socket.bind(68, "0.0.0.0");
await once(socket, "listening");
socket.setBroadcast(true);

for (const hex of process.argv.slice(2)) {
  const packet = unhex(hex);
  const { xid } = decodePacket(packet);
  const reply = await new Promise<string>((resolve) => {
    const timer = setTimeout(() => resolve(""), WITHIN_MS);
    const onMessage = (bytes: Buffer) => {
      if (decodePacket(bytes).xid !== xid) return;
      clearTimeout(timer);
      socket.off("message", onMessage);
      resolve(bytes.toString("hex"));
    };
    socket.on("message", onMessage);
    socket.send(packet, 67, "255.255.255.255");
  });
  console.log(reply === "" ? "none" : reply);
}
socket.close();
