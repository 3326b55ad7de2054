/**
 * Keeps the connections of the admin plane within bounds: how many there are, how much one may ask before it
 * has read the answers, and how long it may read nothing.
 */

import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { ConnectionCount } from "./access/connection-count.ts";
import { plainAddress } from "./access/foreign.ts";

/** Of a connection, one after the other; who sends more of them at once than that is a flood. */
const MAX_REQUESTS = 100;
/** Without a byte moving, while there is something to read. */
const STALL_MS = 60_000;

/**
 * Bounds the connections of a server that does not listen yet.
 *
 * @param count - shared by all servers of the plane
 */
export function boundConnections(server: Server, count: ConnectionCount, stallMs = STALL_MS): void {
  const underWay = new WeakMap<Socket, number>();
  const add = (socket: Socket, change: 1 | -1) => underWay.set(socket, (underWay.get(socket) ?? 0) + change);
  server.timeout = stallMs;
  server.maxRequestsPerSocket = MAX_REQUESTS;
  server.on("connection", (socket: Socket) => {
    const leave = count.enter(plainAddress(socket.remoteAddress));
    if (leave === undefined) socket.destroy();
    else socket.once("close", leave);
  });
  // The last answer said that it is the last: whoever asks on has not read it.
  server.on("dropRequest", (_request, socket) => socket.destroy());
  server.on("request", ({ socket }: IncomingMessage, response: ServerResponse) => {
    add(socket, 1);
    response.once("close", () => add(socket, -1));
  });
  server.on("timeout", (socket: Socket) => {
    // One who waits for an answer, as for what a machine will send when it boots, does nothing wrong.
    const isWaiting = (underWay.get(socket) ?? 0) > 0 && socket.writableLength === 0;
    if (!isWaiting) socket.destroy();
  });
}
