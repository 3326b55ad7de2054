/**
 * A thousand machines that are switched on in the same second, as a program that a benchmark starts in a
 * namespace: each sends the DISCOVER of a UEFI PXE client at its own moment. It prints `sent` at the end.
 */

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { numericLookup } from "../../src/io/numeric-lookup.ts";
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

const socket = createSocket({ type: "udp4", lookup: numericLookup });
const listening = once(socket, "listening");
socket.bind(68, "0.0.0.0");
await listening;
socket.setBroadcast(true);

// Asleep until the next one is due: whoever spins takes processor time from the server under test.
const sleep = new Int32Array(new SharedArrayBuffer(4));
const startedAt = performance.now();
for (const { atMs, bytes } of packets) {
  const leftMs = atMs - (performance.now() - startedAt);
  if (leftMs > 0) Atomics.wait(sleep, 0, 0, leftMs);
  socket.send(bytes, 67, "255.255.255.255");
}
console.log("sent");
setTimeout(() => socket.close(), 2000);
