/**
 * The admin plane's sockets.
 *
 * Express is loaded when somebody asks for the first time: a server that nobody looks at starts as
 * fast, and as small, as without it.
 */

import { once } from "node:events";
import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import { setImmediate } from "node:timers/promises";
import { type ConnectionCount, createConnectionCount } from "./access/connection-count.ts";
import { isLoopback } from "./access/foreign.ts";
import type { Admin } from "./admin.ts";
import { boundConnections } from "./bound-connections.ts";

// As for the boot plane: an import would load Node's HTTP client and WebSocket too.
const { createServer } = process.getBuiltinModule("node:http");

export interface AdminAddress {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
}

export interface AdminServer {
  readonly address: AdminAddress;
  close(): Promise<void>;
}

const LIMITS = {
  headersTimeout: 15_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 5_000,
  keepAliveTimeout: 5_000,
  maxHeaderSize: 16 * 1024,
};
const LOOPBACK = "127.0.0.1";

/**
 * Listens at an address, and where that is one for others, on loopback at the same port too: the commands of
 * this machine need no token there.
 *
 * @throws the error of `listen`, as Node gives it: `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`
 */
export async function startAdminServer(admin: Admin, wanted: AdminAddress): Promise<AdminServer> {
  const answer = answerer(admin);
  const count = createConnectionCount();
  const first = await listen(answer, wanted, count);
  const port = portOf(first);
  const servers = [first];
  try {
    if (!coversLoopback(wanted.host)) servers.push(await listen(answer, { host: LOOPBACK, port }, count));
  } catch (error) {
    await close(first);
    throw error;
  }
  return {
    address: { host: wanted.host, port },
    close: async () => void (await Promise.all(servers.map(close))),
  };
}

function answerer(admin: Admin): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  let api: Promise<RequestListener> | undefined;
  const load = async () => (await import("./api.ts")).createApi(admin);
  return async (request, response) => {
    try {
      // A pipelined request waits for its turn, so that a connection holds one answer at a time, and lets
      // those of others have theirs.
      if (response.socket === null) {
        await once(response, "socket");
        await setImmediate();
      }
      api ??= load();
      (await api)(request, response);
    } catch (error) {
      api = undefined;
      admin.onError(error);
      response.writeHead(500, { "Content-Type": "text/plain" }).end("the admin plane could not be loaded\n");
    }
  };
}

/** On Linux `::` takes IPv4 as well. */
function coversLoopback(host: string): boolean {
  return host === "localhost" || host === "0.0.0.0" || host === "::" || isLoopback(host);
}

async function listen(
  answer: RequestListener,
  { host, port }: AdminAddress,
  count: ConnectionCount,
): Promise<Server> {
  const server = createServer(LIMITS, answer);
  boundConnections(server, count);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen(port, host, resolve);
  await promise;
  server.off("error", reject);
  return server;
}

function portOf(server: Server): number {
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("the admin plane has no address");
  return bound.port;
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
