/** Who is at the other end of a connection, and how it reached us. */

import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Peer } from "../../boot/peer.ts";
import type { BaseUrl } from "../../boot/script/script.ts";

export function peerOf(socket: Socket): Peer {
  return { address: withoutMapping(socket.remoteAddress ?? "0.0.0.0"), port: socket.remotePort ?? 0 };
}

/** Which of our addresses a connection came to. */
export function ownEnd(socket: Socket): Peer {
  return { address: withoutMapping(socket.localAddress ?? "0.0.0.0"), port: socket.localPort ?? 0 };
}

/**
 * The address that a script sends the machine back to: the one that it used, since that works for it,
 * through address translation and by name too.
 */
export function baseUrl(request: IncomingMessage): BaseUrl {
  const { host = "" } = request.headers;
  if (/^(?:[a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i.test(host)) return `http://${host}`;
  const address = withoutMapping(request.socket.localAddress ?? "0.0.0.0");
  return `http://${address.includes(":") ? `[${address}]` : address}:${request.socket.localPort}`;
}

/** A socket that listens on IPv6 too shows IPv4 addresses as `::ffff:10.0.0.1`. */
function withoutMapping(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, "");
}
