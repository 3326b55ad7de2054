/** Answers a request on the boot plane with a file: the part that is asked for, in turn, and told from beginning to end. */

import type { ServerResponse } from "node:http";
import type { TransferFacts } from "../../boot/event.ts";
import type { GenerationId } from "../../boot/generation.ts";
import { retryAfterSeconds } from "../../boot/http/admission.ts";
import { replyWithFile } from "../../boot/http/http-file.ts";
import type { MediaWish } from "../../boot/http/media-query.ts";
import type { ByteRange } from "../../wire/http/range.ts";
import { type OpenFile, StaleFileError } from "../open-file.ts";
import { type Exchange, recordRefusal } from "./http-exchange.ts";
import { endOf, sendFile, type TransferEnd } from "./http-send.ts";
import { refuse, sendText } from "./http-text.ts";

/** A file to send: where it is, and what names its bytes for ever. */
export interface Source {
  readonly path: string;
  readonly open: () => Promise<OpenFile | undefined>;
  readonly etag?: string;
  readonly generation?: GenerationId;
  /** Its name in the folder of its generation. */
  readonly file?: string;
  /** Absent: as fast as it is taken, by whoever asks. */
  readonly wish?: MediaWish;
}

/** Answers with a file of an image, or, when too many are being fetched, with when to come back. */
export async function inTurn(exchange: Exchange, source: Source): Promise<void> {
  const { load, maxTransfers, request, response } = exchange;
  const limit = maxTransfers?.();
  const seconds = retryAfterSeconds(
    { ...load, ...(limit === undefined ? {} : { limit }) },
    request.headers["user-agent"],
  );
  if (seconds !== undefined) {
    load.turnedAway++;
    const reason = `${load.running} images are being fetched, as many as 'maxTransfers' allows; asked to come back in ${seconds} s`;
    recordRefusal(exchange, source.path, reason, true);
    return sendText(response, 503, `${reason}\n`, { "Retry-After": seconds });
  }
  load.running++;
  try {
    await answerWithFile(exchange, source);
  } finally {
    load.running--;
  }
}

/** Answers with a file, or with a part of it. */
export async function answerWithFile(exchange: Exchange, source: Source): Promise<void> {
  const { request, response } = exchange;
  const file = await openOrSay(source);
  if ("reason" in file) {
    recordRefusal(exchange, source.path, file.reason);
    return refuse(response, file.status, file.reason);
  }
  try {
    const {
      range: wanted,
      "if-range": ifRange,
      "if-match": ifMatch,
      "if-none-match": ifNoneMatch,
    } = request.headers;
    const asked = { range: wanted, ifRange: ifRange as string | undefined, ifMatch, ifNoneMatch };
    const { status, headers, range } = replyWithFile(asked, source.path, file.sizeBytes, source.etag);
    const head = () => response.writeHead(status, headers);
    if (range === undefined) head().end();
    else await transfer(exchange, source, file, range, head);
  } finally {
    file.close();
  }
}

interface Unopened {
  readonly status: 410 | 500;
  readonly reason: string;
}

async function openOrSay({ open }: Source): Promise<OpenFile | Unopened> {
  const gone = "this file is not kept any more; ask /netboot.ipxe again to boot the current one";
  try {
    return (await open()) ?? { status: 410, reason: gone };
  } catch (error) {
    if (error instanceof StaleFileError) return { status: 410, reason: gone };
    // The file system's own word; whatever else is thrown is a mistake of ours.
    if (!(error instanceof Error && "syscall" in error)) throw error;
    return { status: 500, reason: `the file cannot be read: ${error.message}` };
  }
}

async function transfer(
  { world, request, response, peer, cache, transfers }: Exchange,
  { path, generation, file: name, etag, wish = {} }: Source,
  file: OpenFile,
  range: ByteRange,
  head: () => ServerResponse,
): Promise<void> {
  const sizeBytes = range.last - range.first + 1;
  const { bytesPerSecond, bootId } = wish;
  const asked: TransferFacts = {
    ...{ via: "http", peer, path, sizeBytes },
    ...(generation && { generation }),
    ...(name && { file: name }),
    ...(sizeBytes < file.sizeBytes && { fromByte: range.first }),
    ...(bootId && { bootId }),
  };
  // Who begins it ends it, whoever is seen at that address meanwhile.
  const facts = { ...world.machineAt(peer.address, asked), ...asked };
  const startedAt = performance.now();
  let sentBytes = 0;
  const finish = (end: TransferEnd) => {
    const durationMs = performance.now() - startedAt;
    world.record({ type: "transfer-ended", ...end, sentBytes, durationMs, ...facts });
  };
  world.record({ type: "transfer-started", ...facts });
  if (request.method === "HEAD") {
    head().end();
    return finish({ result: "probed" });
  }
  const body = { file, key: etag, range, ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }) };
  const leave = transfers?.enter({ ...facts, sentBytes: () => sentBytes });
  try {
    await sendFile(response, body, cache, head, (bytes) => {
      sentBytes = bytes;
    });
    finish({ result: "complete" });
  } catch (error) {
    finish(endOf(error));
    const reason = "this file was overwritten while it was read; ask /netboot.ipxe again";
    if (error instanceof StaleFileError) refuse(response, 410, reason);
    else refuse(response, 500, `the file cannot be read: ${error}`);
  } finally {
    leave?.();
  }
}
