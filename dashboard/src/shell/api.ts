/** Asks the server's API, and says in its words why it said no. */

import type { ProblemView } from "../../../src/web/schema/problem.ts";

/** The server has said no, or was not there. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** Stable; docs/errors.md explains each. `no-server`: nothing has answered. */
  readonly code: string;
  readonly cure: string | undefined;
  /** 0: nothing has answered. */
  readonly status: number;

  constructor(status: number, code: string, message: string, cure?: string) {
    super(message);
    this.status = status;
    this.code = code;
    this.cure = cure;
  }
}

/** An answer with the version of what it shows, for `If-Match` of a change. */
export interface Versioned<Value> {
  readonly value: Value;
  readonly version: string | undefined;
}

/** The version of what was not there: it is only changed while there is none still. */
export const ABSENT = "absent";

export interface Api {
  /** @param path - below `/api/v1`, as in `/hosts?limit=1000`. @throws {@link ApiError} */
  get<Value>(path: string, signal?: AbortSignal): Promise<Value>;
  getVersioned<Value>(path: string, signal?: AbortSignal): Promise<Versioned<Value>>;
  /** Changes something. @param version - what is changed only while it is as it was, or {@link ABSENT}. @throws {@link ApiError} */
  send<Value>(
    method: "POST" | "PUT" | "DELETE",
    path: string,
    body?: unknown,
    version?: string,
  ): Promise<Value>;
}

/** Some answers are asked of nix first. A connection that is dead is not told from a slow answer but by time. */
const BOUND_MS = 60_000;

/** @param onNoLogin - called when the server wants to know first who asks */
export function createApi(onNoLogin: () => void): Api {
  async function ask<Value>(path: string, init: RequestInit): Promise<Versioned<Value>> {
    const bound = AbortSignal.timeout(BOUND_MS);
    const noServer = (error: unknown): never => {
      if (init.signal?.aborted) throw error;
      const cure = "see whether it runs, and the network";
      throw new ApiError(0, "no-server", "the server does not answer", cure);
    };
    const signal = init.signal == null ? bound : AbortSignal.any([init.signal, bound]);
    const response = await fetch(`/api/v1${path}`, { ...init, signal }).catch(noServer);
    if (response.status === 401) onNoLogin();
    if (!response.ok) throw await errorOf(response).catch(noServer);
    const value: Value = await response.json().catch(noServer);
    return { value, version: response.headers.get("ETag") ?? undefined };
  }
  const getVersioned = <Value>(path: string, signal?: AbortSignal) =>
    ask<Value>(path, { headers: { Accept: "application/json" }, signal: signal ?? null });
  return {
    getVersioned,
    get: async <Value>(path: string, signal?: AbortSignal) => (await getVersioned<Value>(path, signal)).value,
    async send<Value>(method: string, path: string, body?: unknown, version?: string) {
      const { value } = await ask<Value>(path, {
        method,
        headers: {
          "X-Mayfly": "1",
          ...(body === undefined ? {} : { "Content-Type": "application/json" }),
          ...(version === undefined
            ? {}
            : version === ABSENT
              ? { "If-None-Match": "*" }
              : { "If-Match": version }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return value;
    },
  };
}

async function errorOf(response: Response): Promise<ApiError> {
  const { status } = response;
  const isProblem = response.headers.get("Content-Type")?.includes("application/problem+json");
  if (!isProblem) return new ApiError(status, "failed", `the server said ${status} ${response.statusText}`);
  const { code, detail, cure }: ProblemView = await response.json();
  return new ApiError(status, code, detail, cure);
}
