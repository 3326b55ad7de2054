/** The TFTP server: a socket per served interface for requests, one per transfer for the rest. Read only. */

import { createSocket, type Socket } from "node:dgram";
import type { Arrival, BootPorts, Peer } from "../../boot/peer.ts";
import { showText } from "../../boot/tftp/tftp-name.ts";
import { WireError } from "../../wire/error.ts";
import {
  decodePacket,
  ERROR_ILLEGAL,
  encodePacket,
  looksLikeRequest,
  type TftpRequest,
} from "../../wire/tftp/packet.ts";
import type { FileShelf } from "../open-file.ts";
import type { World } from "../world.ts";
import { createTftpRequests, type TftpRequests } from "./tftp-requests.ts";

export interface TftpServerOptions {
  readonly world: World;
  readonly shelf: FileShelf;
  /** Each gets a socket on its own address. */
  readonly interfaces: readonly Arrival[];
  readonly ports: BootPorts;
  /** Default: `ports.tftp`. 0 takes any free one for each interface. */
  readonly port?: number;
  /** Writes what `autoexec.ipxe` holds; `base` is our HTTP address as that machine reaches it. */
  readonly identifyScript: (base: string) => string;
  /** For networks that carry less than their interface says: an overlay, a tunnel (T4). Default: no limit. */
  readonly maxBlockSize?: number;
}

export interface TftpServer {
  /** The request port of each interface, by the interface's address. */
  readonly ports: ReadonlyMap<string, number>;
  /** Ends transfers under way with an ERROR that says so, and closes every socket. A second call waits for the first. */
  close(): Promise<void>;
}

/** So many requests may wait while we are busy; the kernel may grant less. */
const REQUEST_BUFFER_BYTES = 1024 * 1024;

/** @throws an Error with the system's own as `cause` if one of the addresses cannot be opened; then none is */
export async function startTftpServer(options: TftpServerOptions): Promise<TftpServer> {
  const taker = await createTftpRequests(options);
  const listeners: Listener[] = [];
  try {
    for (const arrival of options.interfaces) listeners.push(await listen(arrival, taker, options));
  } catch (error) {
    await Promise.all(listeners.map((listener) => listener.close()));
    throw error;
  }
  const stop = async () => {
    await taker.close();
    await Promise.all(listeners.map((listener) => listener.close()));
  };
  let stopping: Promise<void> | undefined;
  return {
    ports: new Map(listeners.map(({ self, port }) => [self, port])),
    close() {
      stopping ??= stop();
      return stopping;
    },
  };
}

interface Listener {
  readonly self: string;
  readonly port: number;
  close(): Promise<void>;
}

async function listen(arrival: Arrival, taker: TftpRequests, options: TftpServerOptions): Promise<Listener> {
  const { world } = options;
  const requests = await open(arrival.self, options.port ?? options.ports.tftp);
  // An answer comes from another port than 69, an ERROR too: some clients take that for the rule it is.
  const refusals = await open(arrival.self, 0).catch(async (error: unknown) => {
    await close(requests);
    throw error;
  });

  function refuse(peer: Peer, code: number, message: string): void {
    const packet = encodePacket({ type: "ERROR", code, message: showText(message) });
    refusals.send(packet, peer.port, peer.address);
  }
  requests.on("message", (bytes, from) => {
    if (from.port === 0) return; // Nothing can be sent to port 0: whoever claims it is forged.
    const peer = { address: from.address, port: from.port };
    try {
      taker.take(readRequest(bytes), peer, arrival, (code, message) => refuse(peer, code, message));
    } catch (error) {
      if (!(error instanceof WireError)) {
        world.record({ type: "bug", via: "tftp", error, bytes });
        return;
      }
      world.record({ type: "malformed", via: "tftp", peer, code: error.code, reason: error.message });
      if (looksLikeRequest(bytes)) refuse(peer, ERROR_ILLEGAL, `not a valid request: ${error.message}`);
    }
  });
  for (const socket of [requests, refusals]) {
    socket.on("error", (error) => world.record({ type: "bug", via: "tftp", error }));
  }
  return {
    self: arrival.self,
    port: requests.address().port,
    close: async () => {
      await Promise.all([close(requests), close(refusals)]);
    },
  };
}

function readRequest(bytes: Uint8Array): TftpRequest {
  const packet = decodePacket(bytes);
  if (packet.type === "RRQ" || packet.type === "WRQ") return packet;
  throw new WireError("WIRE_BAD_VALUE", `${packet.type} at the request port`, 0);
}

function open(address: string, port: number): Promise<Socket> {
  const socket = createSocket({
    type: "udp4",
    recvBufferSize: REQUEST_BUFFER_BYTES,
    lookup: (host, _options, callback) => callback(null, host, 4),
  });
  return new Promise((resolve, reject) => {
    socket.once("error", (cause) => {
      socket.close();
      reject(new Error(`cannot open UDP ${address}:${port} for TFTP: ${cause.message}`, { cause }));
    });
    socket.bind({ address, port, exclusive: true }, () => {
      socket.removeAllListeners("error");
      resolve(socket);
    });
  });
}

function close(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.close(() => resolve()));
}
