/** Sends a file, or a part of it, as the body of a response: at the client's pace, never a byte too many. */

import type { ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { TransferResult } from "../../boot/event.ts";
import { pauseMs, sliceBytes } from "../../boot/http/pace.ts";
import { SERVER_STOPPED } from "../../boot/session/session-begin.ts";
import type { ByteRange } from "../../wire/http/range.ts";
import { type OpenFile, StaleFileError } from "../open-file.ts";
import type { ChunkCache, Piece } from "./chunk-cache.ts";

/** The client went away: no one's fault, and nothing to be said to it. */
export class ClientGoneError extends Error {
  override readonly name = "ClientGoneError";
}

/** Nothing moved for too long: the client is there, but does not take what we send. */
export class StalledError extends Error {
  override readonly name = "StalledError";
}

/** This server ends before the file does. */
export class ServerStoppedError extends Error {
  override readonly name = "ServerStoppedError";
  constructor() {
    super(SERVER_STOPPED);
  }
}

export interface Body {
  readonly file: OpenFile;
  /** Which bytes these are for ever; see {@link ChunkCache.read}. */
  readonly key: string | undefined;
  readonly range: ByteRange;
  /** Absent: as fast as the client takes it. */
  readonly bytesPerSecond?: number;
}

/**
 * Sends the bytes of `range`, then ends the response.
 *
 * `start` is called when the first bytes have been read, so that a file that cannot be read is still
 * answered by an error, and each piece is asked for while the one before is on its way.
 *
 * @param onSent - is told the number of bytes handed to the kernel so far
 * @throws what reading throws, {@link ClientGoneError}, {@link StalledError} or {@link ServerStoppedError}; what was sent then is a true beginning of the file
 */
export async function sendFile(
  response: ServerResponse,
  { file, key, range, bytesPerSecond }: Body,
  cache: ChunkCache,
  start: () => void,
  onSent: (bytes: number) => void,
): Promise<void> {
  const end = range.last + 1;
  const send =
    bytesPerSecond === undefined
      ? (bytes: Uint8Array) => write(response, bytes)
      : createPacer(response, bytesPerSecond);
  let position = range.first;
  let next: Promise<Piece> | undefined = position < end ? cache.read(file, key, position) : undefined;
  try {
    let first = true;
    while (next !== undefined) {
      const piece: Piece = await next;
      const bytes = piece.bytes.subarray(0, end - position);
      position += bytes.length;
      next = position < end ? cache.read(file, key, position) : undefined;
      // Reading ahead may fail while this piece is being written; the next round looks at it.
      next?.catch(() => {});
      try {
        if (first) start();
        first = false;
        await send(bytes);
      } finally {
        piece.release();
      }
      onSent(position - range.first);
    }
    if (first) start();
    response.end();
  } catch (error) {
    const ahead = await next?.catch(() => undefined);
    ahead?.release();
    throw error;
  }
}

/** Sends bytes of one response in slices, each after the time that all those before it stand for. */
function createPacer(response: ServerResponse, bytesPerSecond: number): (bytes: Uint8Array) => Promise<void> {
  const startedAt = performance.now();
  const slice = sliceBytes(bytesPerSecond);
  let sent = 0;
  return async (bytes) => {
    for (let at = 0; at < bytes.length; at += slice) {
      const part = bytes.subarray(at, at + slice);
      await delay(pauseMs(sent, performance.now() - startedAt, bytesPerSecond));
      await write(response, part);
      sent += part.length;
    }
  };
}

/** Resolves when the kernel has taken the bytes. */
function write(response: ServerResponse, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const { socket } = response;
    const gone = () => {
      const error = socket?.errored;
      const isOurs = error instanceof StalledError || error instanceof ServerStoppedError;
      reject(isOurs ? error : new ClientGoneError("the client closed the connection"));
    };
    if (response.destroyed) return gone();
    response.once("close", gone);
    response.write(bytes, (error) => {
      response.off("close", gone);
      if (error) gone();
      else resolve();
    });
  });
}

/** How a transfer ended; why, where that is ours to know. */
export interface TransferEnd {
  readonly result: TransferResult;
  readonly reason?: string;
}

/** How a transfer ended that threw this. */
export function endOf(error: unknown): TransferEnd {
  if (error instanceof StalledError) return { result: "timed-out" };
  if (error instanceof ClientGoneError) return { result: "aborted" };
  if (error instanceof StaleFileError) return { result: "stale" };
  return { result: "failed", reason: error instanceof Error ? error.message : String(error) };
}
