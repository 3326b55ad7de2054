/**
 * The admin plane's socket, on this machine's own address.
 *
 * Express is loaded when somebody asks for the first time: a server that nobody looks at starts as
 * fast, and as small, as without it.
 */

import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import type { Admin } from "./admin.ts";

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
const MAX_CONNECTIONS = 256;

/** @throws the error of `listen`, as Node gives it: `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL` */
export async function startAdminServer(admin: Admin, wanted: AdminAddress): Promise<AdminServer> {
  let api: Promise<RequestListener> | undefined;
  const load = async () => (await import("./api.ts")).createApi(admin);
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    try {
      api ??= load();
      (await api)(request, response);
    } catch (error) {
      api = undefined;
      admin.onError(error);
      response.writeHead(500, { "Content-Type": "text/plain" }).end("the admin plane could not be loaded\n");
    }
  };
  const server = createServer(LIMITS, answer);
  server.maxConnections = MAX_CONNECTIONS;
  await listen(server, wanted);
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("the admin plane has no address");
  return {
    address: { host: wanted.host, port: bound.port },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, { host, port }: AdminAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
