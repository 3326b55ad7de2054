/**
 * `POST /hooks/build`: a forge says that a repository has changed.
 *
 * It needs no token: the forge proves by a signature over the body that it knows the secret. Nothing of
 * a body is looked at before that, and none is read that nobody has signed: anybody may send one, so what is
 * read at the same time is bounded in bytes and in time.
 */

import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import express, { type Express, type NextFunction, type Request, type Response } from "express";
import type * as z from "zod";
import {
  type HookHeaders,
  type HookProof,
  hookEvent,
  hookProof,
  hostsOfPush,
  isPush,
  readPush,
} from "../boot/build/hook.ts";
import type { Admin } from "./admin.ts";
import { API } from "./mount.ts";
import type { HookRoute } from "./openapi.ts";
import { Problem } from "./problem.ts";
import { hooked } from "./schema/builds.ts";

/** Where forges send it, below the address of the admin plane. */
export const HOOK_PATH = "/api/v1/hooks/build";
/** A push of two thousand commits has about three megabytes. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;
/** Of all bodies that are read at the same time: two of the largest, or hundreds of the usual ones. */
const MAX_READING_BYTES = 2 * MAX_BODY_BYTES;
/** For a whole body. Forges themselves wait no longer. */
const WITHIN_MS = 10_000;
const RETRY_SECONDS = 10;

/** What the route is, for those who read the description: it is none of the others, which all read JSON. */
export const BUILD_HOOK: HookRoute = {
  path: HOOK_PATH.slice(API.length),
  summary: "Takes what a forge tells of a push, and builds the hosts that are built from its repository.",
  description:
    "Signed by the secret in 'hookSecretFile': X-Hub-Signature-256 (GitHub), X-Forgejo-Signature, " +
    "X-Gitea-Signature or X-Gogs-Signature with an HMAC-SHA256 of the body, or X-Gitlab-Token with the secret itself.",
  proofs: [
    "X-Hub-Signature-256",
    "X-Forgejo-Signature",
    "X-Gitea-Signature",
    "X-Gogs-Signature",
    "X-Gitlab-Token",
  ],
  events: ["X-GitHub-Event", "X-Forgejo-Event", "X-Gitea-Event", "X-Gogs-Event", "X-Gitlab-Event"],
  contentTypes: ["application/json", "application/x-www-form-urlencoded"],
  answers: hooked,
};

type Hooked = z.infer<typeof hooked>;

/**
 * Has to stand before everything that reads bodies: the signature is over the bytes as they came.
 *
 * @param withinMs - how long a body may take
 */
export function mountBuildHook(app: Express, { builds }: Pick<Admin, "builds">, withinMs = WITHIN_MS): void {
  const knock = async ({ headers }: Request, _response: Response, next: NextFunction) => {
    readProof(headers as HookHeaders, await builds.hookSecret());
    next();
  };
  // No forge compresses, and what is announced would be no bound of what it unfolds to.
  const raw = express.raw({ type: () => true, limit: MAX_BODY_BYTES, inflate: false });
  app.post(HOOK_PATH, knock, createTurnstile(withinMs), raw, async (request: Request, response: Response) => {
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    response.json(await takeHook(body, request.headers as HookHeaders, builds));
  });
}

/** Lets through as many as have room together, each for as long as a body may take. */
function createTurnstile(withinMs: number) {
  let readingBytes = 0;
  return (request: Request, response: Response, next: NextFunction): void => {
    const bytes = Number(request.headers["content-length"] ?? MAX_BODY_BYTES);
    if (bytes > MAX_BODY_BYTES)
      throw new Problem("too-large", `a body has at most ${MAX_BODY_BYTES} bytes here`);
    if (readingBytes + bytes > MAX_READING_BYTES) {
      const headers = { "Retry-After": String(RETRY_SECONDS) };
      throw new Problem("busy", "too many hooks are being read at this moment", "send it again", headers);
    }
    readingBytes += bytes;
    const late = setTimeout(() => request.destroy(), withinMs);
    request.once("end", () => clearTimeout(late));
    response.once("close", () => {
      clearTimeout(late);
      readingBytes -= bytes;
    });
    next();
  };
}

/** @throws {@link Problem} where there is no secret, or what is sent shows that its sender does not know it */
function readProof(headers: HookHeaders, secret: string | undefined): Proven {
  if (secret === undefined) {
    const cure = "name a file with a secret in the configuration: 'build: { hookSecretFile: ./hook-secret }'";
    throw new Problem("not-found", "there are no hooks here", cure);
  }
  const proof = hookProof(headers);
  if (proof === undefined) {
    const cure = "give the forge the secret too: GitHub, Forgejo and Gitea sign by it, GitLab sends it along";
    throw new Problem("unauthorized", "the hook is not signed", cure);
  }
  // A secret that is sent along is right or wrong whatever follows it.
  if (proof.type === "token" && !isSame(proof.value, secret)) throw wrongSecret();
  return { proof, secret };
}

interface Proven {
  readonly proof: HookProof;
  readonly secret: string;
}

function wrongSecret(): Problem {
  const cure = "the forge and 'hookSecretFile' must have the same secret";
  return new Problem("unauthorized", "the hook is signed by another secret", cure);
}

async function takeHook(body: Buffer, headers: HookHeaders, builds: Admin["builds"]): Promise<Hooked> {
  // It may be another one by now.
  const { proof, secret } = readProof(headers, await builds.hookSecret());
  if (proof.type === "hmac" && !isSame(proof.value, digestOf(body, secret))) throw wrongSecret();
  const event = hookEvent(headers);
  if (!isPush(event)) return { hosts: [], note: `'${event}' changes no branch` };
  const push = readPush(readPayload(body, headers["content-type"] ?? ""));
  if (push === undefined) throw new Problem("invalid", "the payload names no repository");
  const hosts = hostsOfPush(push, builds.targets());
  for (const host of hosts) await builds.want(host, "hook");
  const [named] = push.repositories;
  const note = `no host is built from ${named?.host}/${named?.path}${push.ref === undefined ? "" : ` at ${push.ref}`}`;
  return hosts.length === 0 ? { hosts, note } : { hosts };
}

function digestOf(body: Buffer, secret: string): string {
  return createHmac("sha256", secret).update(body).digest("hex");
}

/** Takes the same time wherever the first difference is. */
function isSame(shown: string, wanted: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(shown), digest(wanted));
}

/** JSON, or a form with JSON in it, as GitHub sends unless told otherwise. */
function readPayload(body: Buffer, contentType: string): unknown {
  const text = body.toString("utf8");
  const isForm = contentType.toLowerCase().startsWith("application/x-www-form-urlencoded");
  try {
    return JSON.parse(isForm ? (new URLSearchParams(text).get("payload") ?? "") : text);
  } catch {
    throw new Problem("invalid", "the payload is not JSON");
  }
}
