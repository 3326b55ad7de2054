/** The boot plane's sockets: accepts connections within bounds, and hands each request to its answerer. */

import type { Server } from "node:http";
import type { Socket } from "node:net";
import type { Wire } from "../capture/wire.ts";
import { createOpenSet } from "../open-set.ts";
import type { World } from "../world.ts";
import { createAnswerer } from "./http-answer.ts";
import type { HttpDependencies } from "./http-exchange.ts";
import { peerOf } from "./http-peer.ts";
import { ServerStoppedError, StalledError } from "./http-send.ts";
import { followConnections } from "./http-wire.ts";

// An import would have Node load its HTTP client and WebSocket too: 17 MB and 40 ms instead of 4 and 5.
const { createServer } = process.getBuiltinModule("node:http");

export interface HttpAddress {
  readonly host: string;
  /** 0 takes any free one; {@link HttpServer.addresses} tells which. */
  readonly port: number;
}

export interface HttpLimits {
  /** Connections from one address; many machines may share one behind address translation. */
  readonly connectionsPerPeer: number;
  readonly connections: number;
  /** From the connection or the last answer to the end of the next request's head. */
  readonly headTimeoutMs: number;
  /** Without a byte moving while we send. iPXE itself gives up after 120 s (quirk I10). */
  readonly stallTimeoutMs: number;
  /** How long a connection is kept for a next request: iPXE keeps its own for 10 s, EDK2 wants to (Q9). */
  readonly keepAliveMs: number;
  /** What a transfer that is under way when we stop still gets. */
  readonly graceMs: number;
}

export const HTTP_LIMITS: HttpLimits = {
  connectionsPerPeer: 1024,
  connections: 4096,
  headTimeoutMs: 15_000,
  stallTimeoutMs: 150_000,
  keepAliveMs: 30_000,
  graceMs: 1000,
};

export interface HttpServerOptions extends HttpDependencies {
  readonly addresses: readonly HttpAddress[];
  readonly limits?: Partial<HttpLimits>;
  /** For who records. */
  readonly wire?: Wire;
}

export interface HttpServer {
  /** Where it listens now, in the order asked for, with the ports that were taken. */
  readonly addresses: readonly HttpAddress[];
  /**
   * Listens at these addresses from now on. Connections to an address that goes stay: it may come back.
   *
   * @throws as {@link startHttpServer}; at the others it listens all the same
   */
  setAddresses(addresses: readonly HttpAddress[]): Promise<void>;
  /** Takes no more connections, and resolves when the last one has ended; see {@link HttpLimits.graceMs}. */
  close(): Promise<void>;
}

/**
 * Listens on every address, or on none.
 *
 * @throws the first error of `listen`, as Node gives it: `EADDRINUSE`, `EACCES`
 */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const limits = { ...HTTP_LIMITS, ...options.limits };
  const answer = createAnswerer(options);
  const openByPeer = new Map<string, number>();
  const sockets = new Set<Socket>();
  /** Those whose address went, with connections that have not ended. */
  const leaving = new Set<Server>();
  const followed = options.wire && followConnections(options.wire);
  const servers = createOpenSet<HttpAddress, Server>({
    keyOf: ({ host, port }) => `${host} ${port}`,
    async open(address) {
      const server = createServer(serverOptions(limits), answer);
      // Whether a body is wanted is said when its request was judged.
      server.on("checkContinue", answer);
      server.timeout = limits.stallTimeoutMs;
      server.maxConnections = limits.connections;
      server.on("connection", (socket: Socket) => {
        sockets.add(socket);
        socket.once("close", () => sockets.delete(socket));
        limitPeer(openByPeer, limits.connectionsPerPeer, socket);
        followed?.add(socket);
      });
      server.on("timeout", (socket: Socket) =>
        socket.destroy(new StalledError("nothing moved for too long")),
      );
      server.on("clientError", (error, socket) => refuseGarbage(options.world, error, socket as Socket));
      await listen(server, address);
      return server;
    },
    async close(server) {
      leaving.add(server);
      server.close(() => leaving.delete(server));
    },
  });
  const close = async () => {
    await servers.close();
    const stopping = setTimeout(() => {
      for (const socket of sockets) socket.destroy(new ServerStoppedError());
    }, limits.graceMs);
    await Promise.all([...leaving].map(ended));
    clearTimeout(stopping);
    followed?.close();
  };
  try {
    await servers.set(options.addresses);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    get addresses() {
      return servers.all().map(addressOf);
    },
    setAddresses: (addresses) => servers.set(addresses),
    close,
  };
}

function serverOptions(limits: HttpLimits) {
  return {
    headersTimeout: limits.headTimeoutMs,
    requestTimeout: limits.headTimeoutMs,
    connectionsCheckingInterval: Math.min(5000, limits.headTimeoutMs),
    keepAliveTimeout: limits.keepAliveMs,
    maxHeaderSize: 16 * 1024,
    // Small firmware stacks leave it out; our own address then stands in.
    requireHostHeader: false,
    noDelay: true,
  };
}

function limitPeer(open: Map<string, number>, limit: number, socket: Socket): void {
  const { address } = peerOf(socket);
  const count = (open.get(address) ?? 0) + 1;
  open.set(address, count);
  socket.once("close", () => {
    const left = (open.get(address) ?? 1) - 1;
    if (left === 0) open.delete(address);
    else open.set(address, left);
  });
  if (count > limit) socket.destroy();
}

/** Answers what Node's parser could not read, in text that curl and iPXE show. */
function refuseGarbage(world: World, error: Error & { code?: string }, socket: Socket): void {
  const { code = "HTTP_GARBAGE" } = error;
  // A client that went away, or that we dropped ourselves, has broken no protocol.
  const isSilent = error instanceof StalledError || !/^(HPE_|ERR_HTTP)/.test(code);
  if (!isSilent)
    world.record({ type: "malformed", via: "http", peer: peerOf(socket), code, reason: error.message });
  if (isSilent || !socket.writable) return void socket.destroy();
  const status = statusOf(code);
  const body = `${error.message}\n`;
  socket.write(`HTTP/1.1 ${status}\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`);
  socket.destroySoon();
}

function statusOf(code: string): string {
  if (code === "HPE_HEADER_OVERFLOW") return "431 Request Header Fields Too Large";
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return "408 Request Timeout";
  return "400 Bad Request";
}

function listen(server: Server, { host, port }: HttpAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function addressOf(server: Server): HttpAddress {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the HTTP server has no address");
  return { host: address.address, port: address.port };
}

/** Resolves when the last connection of a server that takes no more has ended. */
function ended(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.once("close", () => resolve());
    server.closeIdleConnections();
  });
}
