/** Puts a route where express finds it: reads what is asked, lets in who may, and answers with its version. */

import type { Express, Request, Response } from "express";
import type { Admin } from "./admin.ts";
import { checked } from "./checked.ts";
import { etagOf, etagOfPart, holdsTag, holdsVersion } from "./etag.ts";
import type { Gate, Guest } from "./gate.ts";
import { Problem } from "./problem.ts";
import type { AnsweringRoute, ListeningRoute, Route } from "./route.ts";

export interface MountParts {
  readonly admin: Admin;
  readonly gate: Gate;
}

/** One request to a route. */
interface Call {
  readonly asked: object;
  readonly admin: Admin;
  readonly request: Request;
  readonly response: Response;
  readonly guest: Guest | undefined;
}

/** Where all routes are. */
export const API = "/api/v1";

export function mountRoutes(app: Express, routes: readonly Route[], parts: MountParts): void {
  const inTurn = createTurns();
  for (const route of routes) {
    const path = `${API}${route.path.replaceAll(/\{(\w+)\}/g, ":$1")}`;
    app[route.method](path, (request, response) => answer(route, request, response, parts, inTurn));
  }
}

async function answer(
  route: Route,
  request: Request,
  response: Response,
  { admin, gate }: MountParts,
  inTurn: Turns,
): Promise<void> {
  const guest = route.scope === "none" ? undefined : gate.enter(request, route.scope);
  if (guest !== undefined) letIn(response);
  const read = (schema: Route["params"], value: unknown) =>
    schema === undefined ? undefined : checked(schema, value);
  const asked = {
    params: read(route.params, request.params),
    query: read(route.query, request.query),
    body: read(route.body, request.body),
    by: guest?.asker ?? NOBODY,
  };
  const call = { asked, admin, request, response, guest };
  if ("listen" in route) stream(route, call);
  else if (route.method === "get") await show(route, call);
  else if (route.version === undefined) await change(route, call);
  // Of two who have seen the same, only one may change it.
  else await inTurn(route.version.turn(asked), () => change(route, call));
}

/** Whoever was let in may be told what failed inside. */
function letIn({ locals }: Response): void {
  locals.isLetIn = true;
}

export function isLetIn({ locals }: Response): boolean {
  return locals.isLetIn === true;
}

const NOBODY = { name: "nobody", scope: "read" } as const;

async function show(route: AnsweringRoute, { asked, admin, request, response }: Call): Promise<void> {
  const version = await route.version?.of(asked, admin);
  const known = request.headers["if-none-match"];
  const isKnown = (tag: string | undefined) => known !== undefined && holdsTag(known, tag, "weak");
  const isPart = route.version?.isPart === true;
  let tag = version === undefined || isPart ? undefined : etagOf(version);
  // It may be kept by whoever asked, and used when we say that it is the same still.
  response.set("Cache-Control", "private, no-cache");
  if (!isKnown(tag)) {
    const said = await route.answer(asked, admin);
    const text = route.contentType === undefined ? JSON.stringify(said) : String(said);
    tag ??= version === undefined ? etagOf(text) : etagOfPart(version, text);
    if (!isKnown(tag)) {
      if (hasNext(said)) response.set("Link", `<${nextOf(request, said.next)}>; rel="next"`);
      response.set("ETag", tag);
      send(response, route.contentType, text);
      return;
    }
  }
  response.set("ETag", tag).status(304).end();
}

/** Express would copy it into a buffer first. */
function send(response: Response, type: string | undefined, text: string): void {
  response
    .type(type ?? "json")
    .set("Content-Length", String(Buffer.byteLength(text)))
    .end(text);
}

function hasNext(said: unknown): said is { readonly next: string } {
  return typeof said === "object" && said !== null && "next" in said && typeof said.next === "string";
}

function nextOf({ originalUrl }: Request, cursor: string): string {
  const [path = "", query] = originalUrl.split("?");
  const wanted = new URLSearchParams(query);
  wanted.set("cursor", cursor);
  return `${path}?${wanted}`;
}

async function change(
  route: AnsweringRoute,
  { asked, admin, request, response, guest }: Call,
): Promise<void> {
  const { contentType } = route;
  await checkVersion(route, asked, admin, request);
  const said = await route.answer(asked, admin);
  const { method, originalUrl } = request;
  if (guest !== undefined) admin.onChange({ by: guest.asker, method, path: originalUrl });
  const after = await route.version?.of(asked, admin);
  if (after !== undefined) response.set("ETag", etagOf(after));
  send(response, contentType, contentType === undefined ? JSON.stringify(said) : String(said));
}

async function checkVersion(
  { version }: AnsweringRoute,
  asked: object,
  admin: Admin,
  { headers: { "if-match": wanted, "if-none-match": unwanted } }: Request,
): Promise<void> {
  if (wanted === undefined && unwanted === undefined) return;
  if (version === undefined) {
    const name = wanted === undefined ? "If-None-Match" : "If-Match";
    const reason = `what this changes has no version that ${name} could name`;
    throw new Problem("invalid", reason, "leave that header out; what takes it says so in /openapi.json");
  }
  const text = await version.of(asked, admin);
  const now = text === undefined ? undefined : etagOf(text);
  if (unwanted !== undefined && holdsTag(unwanted, now, "weak")) {
    throw new Problem("changed", "it is there already, and If-None-Match says that it must not be");
  }
  if (wanted === undefined || holdsVersion(wanted, now)) return;
  throw new Problem("changed", "it is not as it was: it has been changed meanwhile", "look again");
}

function stream(route: ListeningRoute, { asked, admin, request, response, guest }: Call): void {
  const { contentType = "text/event-stream" } = route;
  response.status(200).type(contentType).set("X-Accel-Buffering", "no");
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  const outlet = {
    send(bytes: Uint8Array) {
      // A token that was revoked ends what it began, at the next sign of life at the latest.
      if (guest?.isStillWelcome() === false) response.destroy();
      else response.write(bytes);
    },
    waitingBytes: () => response.writableLength,
    close: () => void response.destroy(),
    end: () => void response.end(),
  };
  const last = request.headers["last-event-id"];
  const stop = route.listen(asked, admin, outlet, typeof last === "string" ? last : undefined);
  response.once("close", stop);
  if (!response.headersSent) response.flushHeaders();
}

type Turns = (key: string, work: () => Promise<void>) => Promise<void>;

/** Runs what has the same key one after the other. */
function createTurns(): Turns {
  const last = new Map<string, Promise<void>>();
  return (key, work) => {
    const mine = (last.get(key) ?? Promise.resolve()).then(work);
    const over = mine
      .catch(() => {})
      .finally(() => {
        if (last.get(key) === over) last.delete(key);
      });
    last.set(key, over);
    return mine;
  };
}
