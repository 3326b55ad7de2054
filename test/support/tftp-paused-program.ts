/**
 * A TFTP read that stops after its first block until it is sent SIGUSR2, as a program for a namespace.
 *
 * Arguments: host, port, file name, and the block size to ask for (0: no option). It prints `OACK …` if one
 * came, `paused at ADDRESS:PORT`, and `done BYTES`, or what was wrong.
 */

import { createSocket } from "node:dgram";
import { decodePacket, encodePacket } from "../../src/wire/tftp/packet.ts";

const [host = "", port = "69", filename = "", wanted = "0"] = process.argv.slice(2);
const socket = createSocket("udp4");
const options = wanted === "0" ? [] : [{ name: "blksize", value: wanted }];
let blockSize = 512;
let [last, bytes] = [0, 0];
let resume = () => {};

const acknowledge = (block: number, to: { address: string; port: number }) =>
  socket.send(encodePacket({ type: "ACK", block }), to.port, to.address);

socket.on("message", (received, from) => {
  const packet = decodePacket(received);
  if (packet.type === "OACK") {
    const agreed = packet.options.map(({ name, value }) => `${name}=${value}`).join(" ");
    console.log(`OACK ${agreed}`);
    blockSize = Number(/blksize=(\d+)/.exec(agreed)?.[1] ?? blockSize);
    acknowledge(0, from);
  } else if (packet.type === "ERROR") {
    console.log(`ERROR ${packet.message}`);
    socket.close();
  } else if (packet.type === "DATA" && packet.block === last + 1) {
    last = packet.block;
    bytes += packet.data.length;
    if (last === 1) {
      resume = () => acknowledge(1, from);
      console.log(`paused at ${from.address}:${from.port}`);
      return;
    }
    acknowledge(last, from);
    if (packet.data.length < blockSize) {
      console.log(`done ${bytes}`);
      socket.close();
    }
  }
});
process.on("SIGUSR2", () => resume());
socket.send(encodePacket({ type: "RRQ", filename, mode: "octet", options }), Number(port), host);
