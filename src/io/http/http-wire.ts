/**
 * Tells who records what passes the connections of an HTTP server, byte by byte as the sockets have it, what
 * Node's parser refuses among it.
 *
 * While nobody records, it knows which connections there are, and nothing more.
 */

import type { Socket } from "node:net";
import type { TalkEvent } from "../../boot/capture/tcp-talk.ts";
import type { Connection, Wire } from "../capture/wire.ts";
import { ownEnd, peerOf } from "./http-peer.ts";

export interface FollowedConnections {
  /** A connection has come. */
  add(socket: Socket): void;
  close(): void;
}

export function followConnections(wire: Wire): FollowedConnections {
  const open = new Set<Socket>();
  const listened = new WeakSet<Socket>();
  const listen = (socket: Socket, isNew: boolean) => {
    if (listened.has(socket)) return;
    listened.add(socket);
    listenTo(socket, wire, isNew);
  };
  const stop = wire.onBegin(() => {
    for (const socket of open) listen(socket, false);
  });
  return {
    add(socket) {
      open.add(socket);
      socket.once("close", () => open.delete(socket));
      if (wire.tap !== undefined) listen(socket, true);
    },
    close: () => void stop(),
  };
}

function listenTo(socket: Socket, wire: Wire, isNew: boolean): void {
  const connection: Connection = { peer: peerOf(socket), own: ownEnd(socket) };
  const tell = (event: TalkEvent) => wire.tap?.talk(connection, event);
  if (isNew) tell({ type: "open" });
  // Before the parser's own listener, which may answer at once. Node then leaves the reading to JavaScript.
  socket.prependListener("data", (bytes: Uint8Array) => tell({ type: "data", from: "client", bytes }));
  socket.once("end", () => tell({ type: "end", from: "client" }));
  socket.once("close", (hadError) => {
    tell(hadError ? { type: "reset", from: "client" } : { type: "end", from: "server" });
  });
  const write = socket.write;
  socket.write = function tellAndWrite(
    this: Socket,
    chunk: string | Uint8Array,
    ...more: unknown[]
  ): boolean {
    if (wire.tap !== undefined) {
      const encoding = typeof more[0] === "string" ? (more[0] as BufferEncoding) : "utf8";
      const bytes = typeof chunk === "string" ? Buffer.from(chunk, encoding) : chunk;
      tell({ type: "data", from: "server", bytes });
    }
    return Reflect.apply(write, this, [chunk, ...more]);
  };
}
