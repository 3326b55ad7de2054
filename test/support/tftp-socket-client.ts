/** Runs the test client over a real socket, and speaks raw datagrams for tests that are no client. */

import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { decodePacket, type TftpPacket } from "../../src/wire/tftp/packet.ts";
import { type ClientOptions, type ClientOutcome, createTestClient } from "./tftp-client.ts";

const RETRY_MS = 500;
const GIVE_UP_MS = 20_000;

/** Fetches a file from 127.0.0.1; rejects when the server stays silent. `self` is any address of 127/8. */
export async function fetchFile(
  port: number,
  asked: ClientOptions,
  self = "127.0.0.1",
): Promise<ClientOutcome> {
  const client = createTestClient(asked);
  const socket = createSocket("udp4");
  socket.bind(0, self);
  const { promise, resolve, reject } = Promise.withResolvers<ClientOutcome>();
  let serverPort = port;
  const send = (packets: readonly Uint8Array[]) => {
    for (const packet of packets) socket.send(packet, serverPort, "127.0.0.1");
  };
  socket.on("message", (packet, from) => {
    if (serverPort === port) serverPort = from.port;
    if (from.port !== serverPort) return;
    retry.refresh();
    send(client.receive(packet));
    const outcome = client.outcome();
    if (outcome.type !== "waiting") resolve(outcome);
  });
  const retry = setInterval(() => send(client.timeout()), RETRY_MS);
  const giveUp = setTimeout(() => reject(new Error("the server stayed silent")), GIVE_UP_MS);
  send([client.request]);
  try {
    return await promise;
  } finally {
    clearInterval(retry);
    clearTimeout(giveUp);
    socket.close();
  }
}

export interface Received {
  readonly packet: TftpPacket;
  readonly port: number;
}

/** A socket that sends what it is told, and keeps what comes until it is asked for. */
export interface RawPeer {
  readonly port: number;
  send(bytes: Uint8Array, port: number): void;
  /** The next packet; rejects when none comes in time. */
  next(): Promise<Received>;
  /** Packets that came and were not asked for. */
  pending(): readonly Received[];
  close(): void;
}

const PATIENCE_MS = 5000;

export async function openRawPeer(self = "127.0.0.1"): Promise<RawPeer> {
  const socket: Socket = createSocket("udp4");
  socket.bind(0, self);
  await once(socket, "listening");
  const queue: Received[] = [];
  let wake: (() => void) | undefined;
  socket.on("message", (bytes, from) => {
    queue.push({ packet: decodePacket(bytes), port: from.port });
    wake?.();
  });
  return {
    port: socket.address().port,
    send: (bytes, port) => socket.send(bytes, port, "127.0.0.1"),
    async next() {
      const due = AbortSignal.timeout(PATIENCE_MS);
      while (queue.length === 0) {
        await new Promise<void>((resolve, reject) => {
          wake = resolve;
          due.addEventListener("abort", () => reject(new Error("nothing came")), { once: true });
        });
      }
      return queue.shift() as Received;
    },
    pending: () => queue,
    close: () => socket.close(),
  };
}
