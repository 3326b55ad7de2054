/** The TFTP server: a socket per served address for requests, and for the rest one per transfer or the same. Read only. */

import { createSocket, type Socket } from "node:dgram";
import type { BeginBoot } from "../../boot/check-in/begin-boot.ts";
import { type Arrival, type BootPorts, boundAddress, type Peer } from "../../boot/peer.ts";
import { arrivalKey } from "../../boot/server/interface-changes.ts";
import { showText } from "../../boot/tftp/tftp-name.ts";
import { WireError } from "../../wire/error.ts";
import type { Ipv4 } from "../../wire/net/ipv4.ts";
import type { Mac } from "../../wire/net/mac.ts";
import {
  decodePacket,
  ERROR_ILLEGAL,
  encodePacket,
  looksLikeReply,
  looksLikeRequest,
  type TftpRequest,
} from "../../wire/tftp/packet.ts";
import type { Wire } from "../capture/wire.ts";
import type { FileShelf } from "../open-file.ts";
import { createOpenSet } from "../open-set.ts";
import type { TransferBoard } from "../transfer-board.ts";
import type { World } from "../world.ts";
import { openOwnPort, sharePort } from "./tftp-port.ts";
import { createTftpRequests, type TftpRequests } from "./tftp-requests.ts";
import { loadSegmenter, type Segmenter } from "./udp-segment.ts";

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
  /** Names the boots that begin; absent: nothing is told where to report. */
  readonly beginBoot?: BeginBoot;
  /** For networks that carry less than their interface says: an overlay, a tunnel (T4). Default: no limit. */
  readonly maxBlockSize?: number;
  /** Transfers go through the request port too, for clients behind address translation (T6). Default: false. */
  readonly singlePort?: boolean;
  /** The machine at an address; `undefined` where that is not known, or not certain. */
  readonly whose?: (address: Ipv4) => Mac | undefined;
  /** Where whoever wants to see them finds the transfers under way. */
  readonly transfers?: TransferBoard;
  /** For who records. */
  readonly wire?: Wire;
}

export interface TftpServer {
  /** The request ports that are open now, by the address that they are bound to. */
  readonly ports: ReadonlyMap<string, number>;
  /**
   * Serves these interfaces from now on; transfers on those that were served already go on.
   *
   * @throws as {@link startTftpServer}; the others are served all the same
   */
  setInterfaces(arrivals: readonly Arrival[]): Promise<void>;
  /** Ends transfers under way with an ERROR that says so, and closes every socket. A second call waits for the first. */
  close(): Promise<void>;
}

/** So many requests may wait while we are busy; the kernel may grant less. */
const REQUEST_BUFFER_BYTES = 1024 * 1024;

/** @throws an Error with the system's own as `cause` if one of the addresses cannot be opened; then none is */
export async function startTftpServer(options: TftpServerOptions): Promise<TftpServer> {
  const taker = createTftpRequests(options);
  const segmenter = await loadSegmenter();
  const listeners = createOpenSet<Arrival, Listener>({
    keyOf: arrivalKey,
    open: (arrival) => listen(arrival, { taker, segmenter, options }),
    update: (listener, arrival) => listener.update(arrival),
    close: (listener) => listener.close(),
  });
  const stop = async () => {
    await taker.close();
    await listeners.close();
  };
  try {
    await listeners.set(options.interfaces);
  } catch (error) {
    await listeners.close();
    throw error;
  }
  let stopping: Promise<void> | undefined;
  return {
    get ports() {
      return new Map(listeners.all().map(({ address, port }) => [address, port]));
    },
    setInterfaces: (arrivals) => listeners.set(arrivals),
    close() {
      stopping ??= stop();
      return stopping;
    },
  };
}

interface Listener {
  readonly address: string;
  readonly port: number;
  update(arrival: Arrival): void;
  close(): Promise<void>;
}

interface ListenerParts {
  readonly taker: TftpRequests;
  readonly segmenter: Segmenter | undefined;
  readonly options: TftpServerOptions;
}

async function listen(first: Arrival, { taker, segmenter, options }: ListenerParts): Promise<Listener> {
  const { world, wire } = options;
  const address = boundAddress(first);
  let arrival = first;
  const requests = await open(address, options.port ?? options.ports.tftp);
  const shared = options.singlePort === true ? sharePort(requests, wire) : undefined;
  // An answer comes from another port than 69, an ERROR too: some clients take that for the rule it is.
  const refusals = shared === undefined ? await openBeside(requests, address) : requests;
  const sockets = [...new Set([requests, refusals])];
  const [requestPort, refusalPort] = [requests.address().port, refusals.address().port];
  let isOpen = true;

  const refuse = (peer: Peer, code: number, message: string) => {
    const packet = encodePacket({ type: "ERROR", code, message: showText(message) });
    if (!isOpen) return;
    wire?.tap?.datagram("tftp", { peer, own: { address, port: refusalPort } }, packet, true);
    refusals.send(packet, peer.port, peer.address);
  };
  const take = (bytes: Uint8Array, peer: Peer) =>
    taker.take({
      request: readRequest(bytes),
      peer,
      arrival,
      refuse: (code, message) => refuse(peer, code, message),
      openPort: async () => shared?.portFor(peer) ?? openOwnPort(address, segmenter, wire),
    });
  requests.on("message", (bytes, from) => {
    if (from.port === 0) return; // Nothing can be sent to port 0: whoever claims it is forged.
    const peer = { address: from.address, port: from.port };
    wire?.tap?.datagram("tftp", { peer, own: { address, port: requestPort } }, bytes, false);
    if (shared !== undefined && looksLikeReply(bytes)) shared.take(bytes, from);
    else guard(world, bytes, peer, take, refuse);
  });
  for (const socket of sockets) {
    socket.on("error", (error) => world.record({ type: "bug", via: "tftp", error }));
  }
  return {
    address,
    port: requestPort,
    update(next) {
      arrival = next;
    },
    async close() {
      // A transfer with a port of its own may wait for the address to come back; these have lost theirs.
      if (shared !== undefined) taker.endAt(arrival);
      isOpen = false;
      shared?.close();
      await Promise.all(sockets.map(close));
    },
  };
}

/** Nothing that comes in stops the server: what broke the protocol is counted, and a request told so. */
function guard(
  world: World,
  bytes: Uint8Array,
  peer: Peer,
  take: (bytes: Uint8Array, peer: Peer) => void,
  refuse: (peer: Peer, code: number, message: string) => void,
): void {
  try {
    take(bytes, peer);
  } catch (error) {
    if (!(error instanceof WireError)) {
      world.record({ type: "bug", via: "tftp", error, bytes });
      return;
    }
    world.record({ type: "malformed", via: "tftp", peer, code: error.code, reason: error.message });
    if (looksLikeRequest(bytes)) refuse(peer, ERROR_ILLEGAL, `not a valid request: ${error.message}`);
  }
}

async function openBeside(other: Socket, address: string): Promise<Socket> {
  try {
    return await open(address, 0);
  } catch (error) {
    await close(other);
    throw error;
  }
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
