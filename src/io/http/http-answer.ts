/**
 * Answers one request on the boot plane: carries out the route that `boot/http/http-route.ts` chose.
 *
 * No rule of the protocol is here; who gets what is decided in `boot`, which part of a file in `wire/http`.
 */

import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { BeginBoot } from "../../boot/check-in/begin-boot.ts";
import { answerToCheckIn, MAX_REPORT_BYTES, withoutToken } from "../../boot/check-in/refusal.ts";
import type { TransferFacts, TransferResult } from "../../boot/event.ts";
import type { GenerationId } from "../../boot/generation.ts";
import { retryAfterSeconds } from "../../boot/http/admission.ts";
import { mediaEtag, replyWithFile } from "../../boot/http/http-file.ts";
import { type HttpRoute, neverPublished, routeHttp, scriptAsker } from "../../boot/http/http-route.ts";
import type { MediaWish } from "../../boot/http/media-query.ts";
import type { KexecQuestion } from "../../boot/kexec/kexec-question.ts";
import type { Peer } from "../../boot/peer.ts";
import type { ByteRange } from "../../wire/http/range.ts";
import type { Ipv4 } from "../../wire/net/ipv4.ts";
import type { Mac } from "../../wire/net/mac.ts";
import type { CheckIns } from "../check-in/check-ins.ts";
import type { KexecDesk } from "../kexec/kexec-desk.ts";
import { type FileShelf, type OpenFile, StaleFileError } from "../open-file.ts";
import type { TransferBoard } from "../transfer-board.ts";
import { type World, whenPrepared } from "../world.ts";
import { type ChunkCache, createChunkCache } from "./chunk-cache.ts";
import { readBody } from "./http-body.ts";
import { baseUrl, peerOf } from "./http-peer.ts";
import { resultOf, sendFile } from "./http-send.ts";
import { NO_STORE, refuse, sendText } from "./http-text.ts";

export interface HttpDependencies {
  readonly world: World;
  readonly shelf: FileShelf;
  /** For `/readyz`. */
  readonly ready: () => boolean;
  /** Names the boots that begin and hears of their end; absent: nothing is told where to report. */
  readonly checkIns?: CheckIns;
  /** Whether other machines than this one are seen at an address. */
  readonly isShared?: (address: Ipv4, mac: Mac) => boolean;
  /** A machine was told to boot this generation: keep it as long as that boot may need it. */
  readonly onNamed?: (generation: GenerationId) => void;
  /** Absent: nothing is answered below `/kexec`. */
  readonly kexec?: KexecDesk;
  /** Whether there ever was such a generation; absent: nobody knows. */
  readonly wasPublished?: (generation: GenerationId) => Promise<boolean>;
  /** How many images may be fetched at once; absent, or `undefined`: as many as ask. */
  readonly maxTransfers?: () => number | undefined;
  /** Where whoever wants to see them finds the transfers under way. */
  readonly transfers?: TransferBoard;
  /** Whether machines may log to this server, so that iPXE can be told. */
  readonly takesLogs?: boolean;
}

/** One request and all that answering it needs. */
interface Exchange extends HttpDependencies {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly peer: Peer;
  readonly cache: ChunkCache;
  readonly load: Load;
}

/** How busy the server is with images. */
interface Load {
  running: number;
  turnedAway: number;
}

/** A file to send: where it is, and what names its bytes for ever. */
interface Source {
  readonly path: string;
  readonly open: () => Promise<OpenFile | undefined>;
  readonly etag?: string;
  readonly generation?: GenerationId;
  /** Its name in the folder of its generation. */
  readonly file?: string;
  /** Absent: as fast as it is taken, by whoever asks. */
  readonly wish?: MediaWish;
}

/** A path in an event is for people; a hostile one need not fill the log. */
const SHOWN_PATH_LENGTH = 200;

/** Makes the handler of a server's requests. It never throws: a mistake of ours is answered with 500. */
export function createAnswerer(
  dependencies: HttpDependencies,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const cache = createChunkCache();
  const load: Load = { running: 0, turnedAway: 0 };
  return async (request, response) => {
    try {
      // A pipelined request waits for its turn, so that a connection holds one file at a time.
      if (response.socket === null) await once(response, "socket");
      await answer({ ...dependencies, cache, load, request, response, peer: peerOf(request.socket) });
    } catch (error) {
      const bytes = new TextEncoder().encode(`${request.method} ${withoutToken(request.url ?? "")}`);
      dependencies.world.record({ type: "bug", via: "http", error, bytes });
      refuse(response, 500, "Mayfly made a mistake; the server's log says which.");
    }
  };
}

async function answer(exchange: Exchange): Promise<void> {
  const { world, shelf, ready, request, response } = exchange;
  const { method = "", url: target = "" } = request;
  const { "user-agent": userAgent } = request.headers;
  // One who reports has nothing more to ask, no one else has a body to send us, and one that never ends would hold the connection.
  if (hasBody(request)) response.shouldKeepAlive = false;

  const asked = { method, target, base: baseUrl(request), userAgent };
  const { takesLogs } = exchange;
  const question = { ...asked, ready: ready(), beginBoot: beginning(exchange), takesLogs };
  const client = scriptAsker(target);
  const decide = () => {
    const decided = routeHttp(question, world.snapshot());
    if (decided.type === "script") recordScript(exchange, target, decided);
    return decided;
  };
  const route = await (client === undefined ? decide() : whenPrepared(world, { client }, decide));
  switch (route.type) {
    case "script":
      if (route.retryAfterSeconds !== undefined)
        return sendText(response, 503, route.text, { "Retry-After": route.retryAfterSeconds });
      return sendText(response, 200, route.text);
    case "later":
      recordRefusal(exchange, target, route.reason, true);
      return sendText(response, 503, `${route.reason}\n`, { "Retry-After": route.retryAfterSeconds });
    case "redirect":
      exchange.onNamed?.(route.generation.id);
      return sendText(response, 302, "", { Location: route.location });
    case "text":
      return sendText(response, route.status, route.text);
    case "refused":
      return answerRefused(exchange, target, await withHistory(route, exchange));
    case "kexec":
      return answerKexec(exchange, route.question);
    case "check-in":
      return takeCheckIn(exchange, route.token);
    case "program": {
      const { program } = route;
      return answerWithFile(exchange, {
        path: `ipxe/${program.name}`,
        open: () => shelf.openProgram(program),
      });
    }
    case "media": {
      const { generation, file, type: _media, ...wish } = route;
      return inTurn(exchange, {
        path: `media/${generation.id}/${file}`,
        open: () => shelf.openMedia(generation, file),
        etag: mediaEtag(generation, file),
        generation: generation.id,
        file,
        wish,
      });
    }
  }
}

/** Says of a boot that begins whether others are seen at the same address. */
function beginning({ checkIns, isShared, peer }: Exchange): BeginBoot | undefined {
  if (checkIns === undefined || isShared === undefined) return checkIns?.beginBoot;
  return (boot) => ({ ...checkIns.beginBoot(boot), isBehindOthers: isShared(peer.address, boot.mac) });
}

async function answerKexec(exchange: Exchange, question: KexecQuestion): Promise<void> {
  const { kexec, request, response, peer } = exchange;
  if (kexec === undefined) return refuse(response, 404, "there is no kexec here");
  const { status, text, refusal } = await kexec.answer(question, {
    base: baseUrl(request),
    peer,
    beginBoot: request.method === "HEAD" ? undefined : beginning(exchange),
    isAsking: request.method === "HEAD",
  });
  if (refusal !== undefined) recordRefusal(exchange, request.url ?? "", refusal);
  sendText(response, status, text);
}

async function takeCheckIn({ checkIns, request, response, peer }: Exchange, token: string): Promise<void> {
  const read = () => readBody(request, response, MAX_REPORT_BYTES);
  const refusal = checkIns === undefined ? "token-wrong" : await checkIns.take(token, peer, read);
  if (refusal === undefined) {
    response.writeHead(204, NO_STORE).end();
    return;
  }
  const { status, text } = answerToCheckIn(refusal);
  refuse(response, status, text);
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

function recordScript(exchange: Exchange, target: string, script: HttpRoute & { type: "script" }): void {
  const { world, peer, onNamed } = exchange;
  const { asked, problem, notice } = script;
  if (asked !== undefined) {
    world.record({ type: "script", peer, ...asked });
    if (asked.decision.type === "script") onNamed?.(asked.decision.generation.id);
  }
  if (problem !== undefined) recordRefusal(exchange, target, problem);
  if (notice !== undefined) world.record({ type: "notice", ...notice });
}

type Refused = Extract<HttpRoute, { type: "refused" }>;

async function withHistory(route: Refused, { wasPublished }: Exchange): Promise<Refused> {
  const { unknown } = route;
  if (unknown === undefined || wasPublished === undefined) return route;
  return (await wasPublished(unknown)) ? route : neverPublished(unknown);
}

function answerRefused(exchange: Exchange, target: string, route: Refused): void {
  recordRefusal(exchange, target, route.reason, route.expected);
  refuse(exchange.response, route.status, route.reason, route.allow);
}

function recordRefusal({ world, peer }: Exchange, target: string, reason: string, expected = false): void {
  const path = withoutToken(target).slice(0, SHOWN_PATH_LENGTH);
  world.record({ type: "refused", via: "http", peer, path, reason, expected });
}

/** Answers with a file of an image, or, when too many are being fetched, with when to come back. */
async function inTurn(exchange: Exchange, source: Source): Promise<void> {
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

async function answerWithFile(exchange: Exchange, source: Source): Promise<void> {
  const { request, response } = exchange;
  const file = await source.open().catch(ignoreStale);
  if (file === undefined) {
    const reason = "this file is not kept any more; ask /netboot.ipxe again to boot the current one";
    recordRefusal(exchange, source.path, reason);
    return refuse(response, 410, reason);
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

function ignoreStale(error: unknown): undefined {
  if (!(error instanceof StaleFileError)) throw error;
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
  const finish = (result: TransferResult) => {
    const durationMs = performance.now() - startedAt;
    world.record({ type: "transfer-ended", result, sentBytes, durationMs, ...facts });
  };
  world.record({ type: "transfer-started", ...facts });
  if (request.method === "HEAD") {
    head().end();
    return finish("probed");
  }
  const body = { file, key: etag, range, ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }) };
  const leave = transfers?.enter({ ...facts, sentBytes: () => sentBytes });
  try {
    await sendFile(response, body, cache, head, (bytes) => {
      sentBytes = bytes;
    });
    finish("complete");
  } catch (error) {
    finish(resultOf(error));
    const reason = "this file was overwritten while it was read; ask /netboot.ipxe again";
    if (error instanceof StaleFileError) refuse(response, 410, reason);
    else refuse(response, 500, `the file cannot be read: ${error}`);
  } finally {
    leave?.();
  }
}
