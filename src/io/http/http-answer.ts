/**
 * Answers one request on the boot plane: carries out the route that `boot/http/http-route.ts` chose.
 *
 * No rule of the protocol is here; who gets what is decided in `boot`, which part of a file in `wire/http`.
 */

import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { BeginBoot } from "../../boot/check-in/begin-boot.ts";
import { answerToCheckIn, MAX_REPORT_BYTES, withoutToken } from "../../boot/check-in/refusal.ts";
import { mediaEtag } from "../../boot/http/http-file.ts";
import { type HttpRoute, neverPublished, routeHttp, scriptAsker } from "../../boot/http/http-route.ts";
import type { KexecQuestion } from "../../boot/kexec/kexec-question.ts";
import { whenPrepared } from "../world.ts";
import { createChunkCache } from "./chunk-cache.ts";
import { readBody } from "./http-body.ts";
import { type Exchange, type HttpDependencies, type Load, recordRefusal } from "./http-exchange.ts";
import { answerWithFile, inTurn } from "./http-file-answer.ts";
import { baseUrl, peerOf } from "./http-peer.ts";
import { NO_STORE, refuse, sendText } from "./http-text.ts";
import { createPipelineBound, MAX_UNANSWERED } from "./pipeline-bound.ts";

/** Makes the handler of a server's requests. It never throws: a mistake of ours is answered with 500. */
export function createAnswerer(
  dependencies: HttpDependencies,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const cache = createChunkCache();
  const load: Load = { running: 0, turnedAway: 0 };
  const admit = createPipelineBound();
  return async (request, response) => {
    const peer = peerOf(request.socket);
    const admitted = admit(request, response);
    if (admitted === "cut") {
      const reason = `more than ${MAX_UNANSWERED} requests waited on one connection, which was ended`;
      recordRefusal({ ...dependencies, peer }, request.url ?? "", reason);
    }
    if (admitted !== "kept") return;
    try {
      // A pipelined request waits for its turn, so that a connection holds one file at a time.
      if (response.socket === null) await once(response, "socket");
      await answer({ ...dependencies, cache, load, request, response, peer });
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
