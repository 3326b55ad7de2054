/** Asks a running server over its admin plane, and puts what goes wrong into words. */

import { networkInterfaces } from "node:os";
import * as z from "zod";
import { loadSettings, type SettingsRequest } from "../config/load.ts";
import { ConfigError, quote } from "../config/mistake.ts";
import { WANT } from "../config/raw.ts";
import type { SocketAddress } from "../config/settings.ts";
import { TOKEN_VARIABLE } from "../config/sources.ts";
import { type Mac, parseMac } from "../wire/net/mac.ts";

export interface AdminClient {
  /** Sends a request and reads the answer as `schema` has it. */
  ask<Schema extends z.ZodType>(
    schema: Schema,
    method: Method,
    path: string,
    body?: object,
  ): Promise<z.output<Schema>>;
  /** The answer as it came. */
  text(path: string): Promise<string>;
  /** An answer that goes on, piece by piece, until it ends or is aborted. @throws {@link NoServerError} when it breaks off */
  stream(path: string, lastEventId: string | undefined, signal: AbortSignal): AsyncGenerator<string>;
  /** As {@link AdminClient.stream}, of bytes. Resolves when the answer has begun. */
  bytes(path: string, signal: AbortSignal): Promise<AsyncGenerator<Uint8Array>>;
}

type Method = "GET" | "POST" | "PUT" | "DELETE";

/** Nobody answers where the server should be. */
export class NoServerError extends Error {
  override readonly name = "NoServerError";
}

/** A proxy says that it reaches no server. */
export class NoServerBehindError extends Error {
  override readonly name = "NoServerBehindError";
}

/** Whether there may be a server again later, where there was one before. */
export function isAway(error: unknown): boolean {
  return error instanceof NoServerError || error instanceof NoServerBehindError;
}

/** The server has said no. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  /** As in docs/errors.md. */
  readonly code: string;
  /** What is the matter, without what to do about it. */
  readonly detail: string;

  constructor(code: string, detail: string, cure: string | undefined) {
    super(cure === undefined ? detail : `${detail}; ${cure}`);
    this.code = code;
    this.detail = detail;
  }
}

/** Where a server is asked, and with what. */
interface Target {
  readonly base: string;
  readonly token: string | undefined;
}

/** What a running server is asked with: its settings tell where it listens. */
export async function connectAdmin(request: SettingsRequest): Promise<AdminClient> {
  const target = await targetOf(request);
  return {
    async ask(schema, method, path, body) {
      const response = await send(target, method, path, body);
      const { data } = schema.safeParse(await response.json().catch(() => undefined));
      if (data === undefined) throw notMayfly(target.base);
      return data;
    },
    text: async (path) => (await send(target, "GET", path)).text(),
    stream: (path, lastEventId, signal) => stream(target, path, lastEventId, signal),
    async bytes(path, signal) {
      const { body } = await send(target, "GET", path, undefined, { signal });
      return pieces(target, body, signal);
    },
  };
}

async function targetOf(request: SettingsRequest): Promise<Target> {
  const { flags, env } = request;
  const given = request.token ?? env[TOKEN_VARIABLE];
  const token = given === "" ? undefined : given;
  const place = flags.admin ?? env.MAYFLY_ADMIN;
  // Behind a proxy that speaks TLS; a server has no such address of its own.
  if (typeof place === "string" && URL.canParse(place) && place.startsWith("https://")) {
    return { base: new URL(place).origin, token };
  }
  return { base: baseOf((await loadSettings(request)).admin, token), token };
}

/** Without a token a server on this machine is asked where it wants none. */
function baseOf({ host, port }: SocketAddress, token: string | undefined): string {
  const isEverywhere = host === "0.0.0.0" || host === "::";
  const name = isEverywhere || (token === undefined && isOwn(host)) ? "127.0.0.1" : host;
  return `http://${name.includes(":") ? `[${name}]` : name}:${port}`;
}

/** Whether it is an address of this machine that others can have. */
function isOwn(host: string): boolean {
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return all.some(({ address, internal }) => address === host && !internal);
}

async function* stream(
  target: Target,
  path: string,
  lastEventId: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const headers = lastEventId === undefined ? {} : { "Last-Event-ID": lastEventId };
  const { body } = await send(target, "GET", path, undefined, { headers, signal });
  const decoder = new TextDecoder();
  for await (const bytes of pieces(target, body, signal)) yield decoder.decode(bytes, { stream: true });
}

async function* pieces(
  { base }: Target,
  body: ReadableStream<Uint8Array> | null,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  if (body === null) return;
  try {
    for await (const bytes of body) yield bytes;
  } catch (error) {
    if (!signal.aborted) throw new NoServerError(`the server at ${base} is gone (${codeOf(error)})`);
  }
}

const BOUND_MS = 30_000;

interface SendMore {
  readonly headers?: Readonly<Record<string, string>>;
  /** Absent: within {@link BOUND_MS}. */
  readonly signal?: AbortSignal;
}

async function send(
  { base, token }: Target,
  method: Method,
  path: string,
  body?: object,
  more: SendMore = {},
): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(`${base}/api/v1/${path}`, {
      method,
      signal: more.signal ?? AbortSignal.timeout(BOUND_MS),
      headers: {
        ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...more.headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch (error) {
    throw new NoServerError(
      `no server answers at ${base} (${codeOf(error)}); start it with 'mayfly serve', or say where it is ` +
        "with --admin (its line when it is ready names the address of the admin plane)",
    );
  }
  if (!response.ok) throw await refusal(base, response);
  return response;
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return `nothing within ${BOUND_MS / 1000} s`;
  const { cause } = error;
  return cause instanceof Error && "code" in cause ? String(cause.code) : error.message;
}

const problem = z.object({ code: z.string(), detail: z.string(), cure: z.string().optional() });

async function refusal(base: string, response: Response): Promise<Error> {
  const { data } = problem.safeParse(await response.json().catch(() => undefined));
  if (data === undefined) {
    const { status } = response;
    return GATEWAY.has(status) ? noServerBehind(base, status) : notMayfly(base);
  }
  const cure =
    data.code === "no-token" ? `${data.cure}; commands take it from $${TOKEN_VARIABLE}` : data.cure;
  return new RefusedError(data.code, data.detail, cure);
}

/** What proxies answer for a server that is down, slow or being started. */
const GATEWAY: ReadonlySet<number> = new Set([502, 503, 504]);

function noServerBehind(base: string, status: number): Error {
  return new NoServerBehindError(
    `what answers at ${base} is a proxy that reaches no server (${status}); start it with 'mayfly serve', ` +
      "or see what the proxy says",
  );
}

function notMayfly(base: string): Error {
  return new Error(`what answers at ${base} is no Mayfly of this version; say where it is with --admin`);
}

/** Reads the operand `MAC`. @throws {@link ConfigError} */
export function readMac(text: string): Mac {
  const mac = parseMac(text);
  if (mac === undefined) throw new ConfigError([{ place: "MAC", read: quote(text), want: WANT.mac }]);
  return mac;
}
