/**
 * A thousand machines that are switched on in the same second, as a program that a benchmark starts in a
 * namespace: each sends the DISCOVER of a UEFI PXE client at its own moment. It prints `sent` at the end.
 */

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { encodePacket } from "../../src/wire/dhcp/packet.ts";
import { pxeClass, request, UUID } from "../../test/support/packets.ts";
import { createRandom } from "../../test/support/random.ts";

const [machines = "1000", spreadMs = "1000", seed = "1"] = process.argv.slice(2);
const random = createRandom(Number(seed));

const packets = Array.from({ length: Number(machines) }, (_, index) => {
  const mac = `52:54:00:${[index >> 16, (index >> 8) & 255, index & 255].map((byte) => byte.toString(16).padStart(2, "0")).join(":")}`;
  const facts = { mac, uuid: UUID, vendorClass: pxeClass(7), archs: [7], header: { xid: index + 1 } };
  return { atMs: random(Number(spreadMs) * 1000) / 1000, bytes: encodePacket(request(facts)) };
}).sort((a, b) => a.atMs - b.atMs);

const socket = createSocket("udp4");
socket.bind(68, "0.0.0.0");
await once(socket, "listening");
socket.setBroadcast(true);

const startedAt = performance.now();
let next = 0;
function sendDue(): void {
  for (
    let due = packets[next];
    due !== undefined && due.atMs <= performance.now() - startedAt;
    due = packets[next]
  ) {
    socket.send(due.bytes, 67, "255.255.255.255");
    next++;
  }
  if (next < packets.length) {
    setImmediate(sendDue);
    return;
  }
  console.log("sent");
  setTimeout(() => socket.close(), 2000);
}
sendDue();
