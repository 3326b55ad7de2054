/** What UDP sockets ask instead of the resolver: addresses are never names, so there is nothing to wait for. */

import type { SocketOptions } from "node:dgram";

/** A datagram leaves before `send` returns, not a turn of the event loop later. */
export const numericLookup: NonNullable<SocketOptions["lookup"]> = (address, _options, callback) =>
  callback(null, address, 4);
