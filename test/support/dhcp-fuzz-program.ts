/**
 * Sends spoiled captures to ports 67 and 4011, as a program that a test starts in a namespace.
 *
 * Its arguments are the server's address, how many to send and the seed. It prints `sent` at its end.
 */

import { createSocket } from "node:dgram";
import { readdirSync, readFileSync } from "node:fs";
import { udpDatagrams } from "./captured.ts";
import { createRandom, mutate } from "./random.ts";

const [server = "", count = "0", seed = "0"] = process.argv.slice(2);
const folder = new URL("../captures/", import.meta.url);
const captured = readdirSync(folder)
  .filter((name) => name.endsWith(".pcap"))
  .flatMap((name) => udpDatagrams(readFileSync(new URL(name, folder))))
  .map(({ datagram }) => datagram.payload);

const random = createRandom(Number(seed));
const socket = createSocket("udp4");
for (let i = 0; i < Number(count); i++) {
  const bytes = mutate(captured[i % captured.length] ?? new Uint8Array(), random);
  // One after the other: what the kernel would drop tests nothing.
  await new Promise<void>((sent, failed) => {
    socket.send(bytes, i % 2 === 0 ? 67 : 4011, server, (error) => (error ? failed(error) : sent()));
  });
}
socket.close();
console.log("sent");
