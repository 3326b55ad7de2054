/**
 * One route of the API as a value: what it wants, who may ask it, what it answers.
 *
 * Express, the tokens and the description in OpenAPI are made from these; no route has a rule of its own
 * that they do not know.
 */

import type * as z from "zod";
import type { Asker, Scope as TokenScope } from "../boot/access/token.ts";
import type { Admin } from "./admin.ts";
import type { Outlet } from "./events/followers.ts";
import type { ProblemCode } from "./problem.ts";

/** Who may ask: everybody, who may see, who may steer, who may say who may. Each may what those before it may. */
export type Scope = "none" | TokenScope;

type Schema = z.ZodType | undefined;
type Read<S extends Schema> = S extends z.ZodType ? z.output<S> : undefined;

/** What a request said, read by the route's schemas. */
export interface Asked<Params extends Schema, Query extends Schema, Body extends Schema> {
  readonly params: Read<Params>;
  readonly query: Read<Query>;
  readonly body: Read<Body>;
  /** Who asks. */
  readonly by: Asker;
}

interface Wanted<Params extends Schema, Query extends Schema, Body extends Schema> {
  readonly method: "get" | "post" | "put" | "delete";
  /** Below `/api/v1`, with names in braces as OpenAPI has them: `/machines/{mac}/approve`. */
  readonly path: `/${string}`;
  readonly scope: Scope;
  /** What it does, in a few words. */
  readonly summary: string;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  /** What it can say no by, besides what follows from its scope, its method and its schemas. */
  readonly noes?: readonly ProblemCode[];
}

/** What a change changes, so that of two who have seen the same, one does. */
export interface Version<Wanted> {
  /** A text that is another one as soon as what is changed is other; `undefined`: there is no such thing. */
  of(asked: Wanted, admin: Admin): string | undefined | Promise<string | undefined>;
  /** Changes of the same turn are made one after the other, so that none comes between a look and a change. */
  turn(asked: Wanted): string;
  /** What is shown is more than that, and gets on by itself: its tag then tells of both. */
  readonly isPart?: true;
}

interface JsonRoute<
  Params extends Schema,
  Query extends Schema,
  Body extends Schema,
  Answer extends z.ZodType,
> extends Wanted<Params, Query, Body> {
  /** Without it, what is shown goes by its own bytes, and a change that names a version is refused. */
  readonly version?: Version<Asked<Params, Query, Body>>;
  /** What it answers as JSON. */
  readonly answers: Answer;
  /** @throws {@link import("./problem.ts").Problem} for every no */
  answer(asked: Asked<Params, Query, Body>, admin: Admin): Promise<z.input<Answer>>;
}

interface TextRoute<Params extends Schema, Query extends Schema, Body extends Schema>
  extends Wanted<Params, Query, Body> {
  /** Without it, what is shown goes by its own bytes, and a change that names a version is refused. */
  readonly version?: Version<Asked<Params, Query, Body>>;
  /** Of the text that it answers. */
  readonly contentType: string;
  /** @throws {@link import("./problem.ts").Problem} for every no */
  answer(asked: Asked<Params, Query, Body>, admin: Admin): Promise<string>;
}

interface StreamRoute<Params extends Schema, Query extends Schema> extends Wanted<Params, Query, undefined> {
  /** What each event of its `text/event-stream` holds, as JSON. */
  readonly events: z.ZodType;
  /**
   * Sends events until it is told to stop.
   *
   * @param lastEventId - of one who comes back
   * @returns what stops it
   */
  listen(
    asked: Asked<Params, Query, undefined>,
    admin: Admin,
    outlet: Outlet,
    lastEventId: string | undefined,
  ): () => void;
}

/** Where bytes go that go on coming. */
export interface ByteOutlet extends Outlet {
  /** Nothing more comes: the answer is whole. */
  end(): void;
}

interface BytesRoute<Params extends Schema, Query extends Schema> extends Wanted<Params, Query, undefined> {
  readonly contentType: string;
  /**
   * Sends bytes until it is told to stop, or ends by itself.
   *
   * @returns what stops it
   * @throws {@link import("./problem.ts").Problem} for every no, before anything is sent
   */
  listen(asked: Asked<Params, Query, undefined>, admin: Admin, outlet: ByteOutlet): () => void;
}

/** A route with one answer to a question. */
export interface AnsweringRoute extends Wanted<Schema, Schema, Schema> {
  readonly answers?: z.ZodType;
  readonly contentType?: string;
  // biome-ignore lint/suspicious/noExplicitAny: as below.
  readonly version?: Version<any>;
  // biome-ignore lint/suspicious/noExplicitAny: each was checked against its own schemas where it was written.
  answer(asked: any, admin: Admin): Promise<unknown>;
}

/** A route that goes on answering. */
export interface ListeningRoute extends Wanted<Schema, Schema, undefined> {
  /** Of a stream of events; the others have a type of their own. */
  readonly events?: z.ZodType;
  readonly contentType?: string;
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  listen(asked: any, admin: Admin, outlet: ByteOutlet, lastEventId: string | undefined): () => void;
}

/** Any route, as express and the description see it. */
export type Route = AnsweringRoute | ListeningRoute;

/** A route that answers JSON; the types of `asked` and of the answer are those of its schemas. */
export function jsonRoute<
  Answer extends z.ZodType,
  Params extends Schema = undefined,
  Query extends Schema = undefined,
  Body extends Schema = undefined,
>(route: JsonRoute<Params, Query, Body, Answer>): Route {
  return route;
}

/** A route that answers text of another kind. */
export function textRoute<
  Params extends Schema = undefined,
  Query extends Schema = undefined,
  Body extends Schema = undefined,
>(route: TextRoute<Params, Query, Body>): Route {
  return route;
}

/** A route whose answer is a stream of events, which a browser takes up again where it was lost. */
export function streamRoute<Params extends Schema = undefined, Query extends Schema = undefined>(
  route: StreamRoute<Params, Query>,
): Route {
  return route;
}

/** A route whose answer is bytes that go on coming, until it ends or nobody reads them. */
export function bytesRoute<Params extends Schema = undefined, Query extends Schema = undefined>(
  route: BytesRoute<Params, Query>,
): Route {
  return route;
}
