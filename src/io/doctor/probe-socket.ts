/**
 * The socket of a doctor's question: asks everybody's port 67, and hears what is answered to everybody's port 68.
 *
 * It is bound to 255.255.255.255, so that what is sent to this machine's own address stays with its DHCP
 * client, which may have port 68 too. Where that client has the port for itself, the question leaves from
 * another port, and answers are only seen by packet sockets.
 */

import { createSocket, type Socket } from "node:dgram";
import { type HeardAnswer, readAnswerDatagram } from "../../boot/other-servers/answer-frame.ts";
import { type Arrival, boundAddress } from "../../boot/peer.ts";
import { type Ipv4, LIMITED_BROADCAST } from "../../wire/net/ipv4.ts";
import type { NativeUdp } from "../dhcp/native-udp.ts";
import { numericLookup } from "../numeric-lookup.ts";

export interface ProbeSocket {
  /** Why it hears nothing, not even a server on this machine; absent: it hears. */
  readonly deaf?: unknown;
  /** To everybody on that network. @throws what the system says */
  send(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

const SERVER_PORT = 67;
const CLIENT_PORT = 68;

/** @throws when nothing can be sent there either */
export async function openProbeSocket(
  arrival: Arrival,
  native: NativeUdp | undefined,
  onAnswer: (answer: HeardAnswer | undefined) => void,
): Promise<ProbeSocket> {
  const ear = await bind(arrival, native, LIMITED_BROADCAST, CLIENT_PORT).catch((error: unknown) => ({
    error,
  }));
  const deaf = "error" in ear ? ear.error : undefined;
  const hearing = "error" in ear ? undefined : ear;
  hearing?.on("message", (bytes, { address }) => onAnswer(readAnswerDatagram(bytes, { address })));
  // One that is not tied to the interface would send by another one.
  const isTied = native !== undefined && hearing !== undefined;
  const sender = isTied ? hearing : await bind(arrival, native, boundAddress(arrival), 0);
  return {
    ...(deaf === undefined ? {} : { deaf }),
    send: (bytes) => send(sender, bytes),
    close: async () => void (await Promise.all([...new Set([sender, hearing])].map(close))),
  };
}

async function bind(
  { interface: device }: Arrival,
  native: NativeUdp | undefined,
  address: Ipv4,
  port: number,
): Promise<Socket> {
  const socket = createSocket({ type: "udp4", reuseAddr: port !== 0, lookup: numericLookup });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      const ready = () => {
        socket.off("error", reject);
        socket.setBroadcast(true);
        resolve();
      };
      if (native === undefined) socket.bind({ address, port, exclusive: true }, ready);
      else socket.bind({ fd: native.open({ device, address, port }), exclusive: true }, ready);
    });
    // What goes wrong later is told by the call that it goes wrong in.
    socket.on("error", () => {});
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

function send(socket: Socket, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.send(bytes, SERVER_PORT, LIMITED_BROADCAST, (error) => (error ? reject(error) : resolve()));
  });
}

function close(socket: Socket | undefined): Promise<void> {
  return new Promise((done) => (socket === undefined ? done() : socket.close(() => done())));
}
