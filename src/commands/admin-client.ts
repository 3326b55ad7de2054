/** Asks a running server over its admin plane, and puts what goes wrong into words. */

import * as z from "zod";
import { loadSettings, type SettingsRequest } from "../config/load.ts";
import { ConfigError, quote } from "../config/mistake.ts";
import { WANT } from "../config/raw.ts";
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
}

/** Nobody answers where the server should be. */
export class NoServerError extends Error {
  override readonly name = "NoServerError";
}

type Method = "GET" | "POST" | "DELETE";

/** What a running server is asked with: its settings tell where it listens. */
export async function connectAdmin(request: SettingsRequest): Promise<AdminClient> {
  const { admin } = await loadSettings(request);
  const host = admin.host.includes(":") ? `[${admin.host}]` : admin.host;
  const base = `http://${host}:${admin.port}`;
  return {
    async ask(schema, method, path, body) {
      const response = await send(base, method, path, body);
      const { data } = schema.safeParse(await response.json().catch(() => undefined));
      if (data === undefined) throw notMayfly(base);
      return data;
    },
    text: async (path) => (await send(base, "GET", path)).text(),
  };
}

const BOUND_MS = 30_000;

async function send(base: string, method: Method, path: string, body?: object): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(`${base}/api/v1/${path}`, {
      method,
      signal: AbortSignal.timeout(BOUND_MS),
      ...(body === undefined
        ? {}
        : { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }),
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
  if (data === undefined) return notMayfly(base);
  return new Error(data.cure === undefined ? data.detail : `${data.detail}; ${data.cure}`);
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
