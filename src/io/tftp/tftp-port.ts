/**
 * The port that a transfer goes through: one of its own, as RFC 1350 has it, or the request port.
 *
 * Behind address translation answers from a new port are lost: only what comes from the port that was asked
 * finds its way back (T6). There all clients of an address share one socket, and are told apart by theirs.
 */

import { createSocket, type Socket } from "node:dgram";
import type { Peer } from "../../boot/peer.ts";
import type { Ipv4 } from "../../wire/net/ipv4.ts";
import type { Ends, Tap, Wire } from "../capture/wire.ts";
import { numericLookup } from "../numeric-lookup.ts";
import type { Segmenter } from "./udp-segment.ts";

export interface TransferPort {
  /** Sends a part of `bytes`. Without `onSent` a failure is a packet that was lost on its way. */
  send(
    bytes: Uint8Array,
    offset: number,
    length: number,
    to: Peer,
    onSent?: (error: Error | null) => void,
  ): void;
  /** Makes each send leave as packets of `bytes`, the last one perhaps shorter; 0: no more. False: not possible. */
  segment(bytes: number): boolean;
  /** Says who gets what comes in; called once, before the first send. */
  listen(listener: PortListener): void;
  close(): void;
}

export interface PortListener {
  /** From anybody: that it is the client is for the listener to see. */
  onPacket(bytes: Uint8Array, from: Peer): void;
  onError(error: Error): void;
}

/**
 * A port of its own, bound to `self` and free.
 *
 * @param segmenter - absent: sends are not cut into packets
 * @param wire - for who records
 */
export async function openOwnPort(
  self: Ipv4,
  segmenter: Segmenter | undefined,
  wire?: Wire,
): Promise<TransferPort> {
  const socket = await openTransferSocket(self);
  const own = { address: self, port: socket.address().port };
  let segmentBytes = 0;
  return {
    send(bytes, offset, length, to, onSent) {
      if (wire?.tap !== undefined)
        tellSent(wire.tap, { peer: to, own }, bytes.subarray(offset, offset + length), segmentBytes);
      socket.send(bytes, offset, length, to.port, to.address, onSent);
    },
    segment(bytes) {
      const isCut = segmenter?.(socket, bytes) ?? false;
      segmentBytes = isCut ? bytes : 0;
      return isCut;
    },
    listen({ onPacket, onError }) {
      socket.on("message", (bytes, from) => {
        wire?.tap?.datagram("tftp", { peer: from, own }, bytes, false);
        onPacket(bytes, from);
      });
      socket.on("error", onError);
    },
    close: () => void socket.close(),
  };
}

/** As the kernel cuts what it is given. @param segmentBytes - 0: it is one packet */
function tellSent(tap: Tap, ends: Ends, bytes: Uint8Array, segmentBytes: number): void {
  const step = segmentBytes === 0 ? bytes.length : segmentBytes;
  for (let at = 0; at < bytes.length; at += step)
    tap.datagram("tftp", ends, bytes.subarray(at, at + step), true);
}

function openTransferSocket(self: Ipv4): Promise<Socket> {
  const socket = createSocket({ type: "udp4", lookup: numericLookup });
  return new Promise((resolve, reject) => {
    socket.once("error", (error) => {
      socket.close();
      reject(error);
    });
    socket.bind({ address: self, port: 0, exclusive: true }, () => {
      socket.removeAllListeners("error");
      resolve(socket);
    });
  });
}

/** The request port, shared by all transfers of an address. */
export interface SharedPort {
  portFor(peer: Peer): TransferPort;
  /** Gives a packet to its peer's transfer, if there is one. */
  take(bytes: Uint8Array, from: Peer): void;
  /** From now on nothing is sent: the socket is about to close. */
  close(): void;
}

/** @param wire - for who records; what comes in is told where it comes in */
export function sharePort(socket: Socket, wire: Wire | undefined): SharedPort {
  const own = socket.address();
  const listeners = new Map<string, PortListener>();
  let isOpen = true;
  return {
    portFor(peer) {
      const key = keyOf(peer);
      let mine: PortListener | undefined;
      return {
        send(bytes, offset, length, to, onSent) {
          if (!isOpen) return;
          wire?.tap?.datagram("tftp", { peer: to, own }, bytes.subarray(offset, offset + length), true);
          socket.send(bytes, offset, length, to.port, to.address, onSent);
        },
        segment: () => false,
        listen(listener) {
          mine = listener;
          listeners.set(key, listener);
        },
        close() {
          if (listeners.get(key) === mine) listeners.delete(key);
        },
      };
    },
    // What comes after the last block, or before the first, is late or forged: nobody waits for an answer.
    take: (bytes, from) => listeners.get(keyOf(from))?.onPacket(bytes, from),
    close() {
      isOpen = false;
    },
  };
}

function keyOf({ address, port }: Peer): string {
  return `${address} ${port}`;
}
