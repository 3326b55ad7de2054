/** UDP segmentation offload: one send of many packets, which the kernel cuts apart. Optional; Linux only. */

import type { Socket } from "node:dgram";
import { loadLibc } from "../libc.ts";

/** Makes each send of the socket leave as packets of `bytes`, the last one perhaps shorter. False: not possible. */
export type Segmenter = (socket: Socket, bytes: number) => boolean;

/** Most packets that the kernel cuts one send into (`UDP_MAX_SEGMENTS`). */
export const MAX_SEGMENTS = 64;

/** Most bytes of one send: what an IPv4 packet of 65535 bytes leaves for UDP data. */
export const MAX_SEGMENTED_BYTES = 65507;

const SOL_UDP = 17;
const UDP_SEGMENT = 103;

/**
 * Loads koffi, through which `setsockopt` can be called.
 *
 * @returns `undefined` where there is no koffi, or no Linux: everything works without, slower
 */
export async function loadSegmenter(): Promise<Segmenter | undefined> {
  const libc = await loadLibc();
  if (libc === undefined) return undefined;
  const setsockopt = libc.func("int setsockopt(int fd, int level, int name, const int *value, uint length)");
  return (socket, bytes) => {
    const fd = descriptor(socket);
    return fd !== undefined && setsockopt(fd, SOL_UDP, UDP_SEGMENT, [bytes], 4) === 0;
  };
}

/** Node keeps a socket's descriptor to itself; where it no longer shows, segmentation is off. */
function descriptor(socket: Socket): number | undefined {
  const symbol = Object.getOwnPropertySymbols(socket).find((each) => each.description === "state symbol");
  const state: unknown = symbol === undefined ? undefined : Reflect.get(socket, symbol);
  const handle: unknown = isObject(state) ? Reflect.get(state, "handle") : undefined;
  const fd: unknown = isObject(handle) ? Reflect.get(handle, "fd") : undefined;
  return typeof fd === "number" && fd >= 0 ? fd : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
