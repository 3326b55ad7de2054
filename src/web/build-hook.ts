/**
 * `POST /hooks/build`: a forge says that a repository has changed.
 *
 * It needs no token: the forge proves by a signature over the body that it knows the secret. Nothing of
 * a body is looked at before that.
 */

import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import express, { type Express, type Request, type Response } from "express";
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
const MAX_BODY = "8mb";

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

/** Has to stand before everything that reads bodies: the signature is over the bytes as they came. */
export function mountBuildHook(app: Express, admin: Admin): void {
  const raw = express.raw({ type: () => true, limit: MAX_BODY });
  app.post(HOOK_PATH, raw, async (request: Request, response: Response) => {
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    response.json(await takeHook(body, request.headers as HookHeaders, admin));
  });
}

async function takeHook(body: Buffer, headers: HookHeaders, { builds }: Admin): Promise<Hooked> {
  const secret = await builds.hookSecret();
  if (secret === undefined) {
    const cure = "name a file with a secret in the configuration: 'build: { hookSecretFile: ./hook-secret }'";
    throw new Problem("not-found", "there are no hooks here", cure);
  }
  const proof = hookProof(headers);
  if (proof === undefined) {
    const cure = "give the forge the secret too: GitHub, Forgejo and Gitea sign by it, GitLab sends it along";
    throw new Problem("unauthorized", "the hook is not signed", cure);
  }
  if (!isProven(proof, body, secret)) {
    const cure = "the forge and 'hookSecretFile' must have the same secret";
    throw new Problem("unauthorized", "the hook is signed by another secret", cure);
  }
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

/** Takes the same time wherever the first difference is. */
function isProven({ type, value }: HookProof, body: Buffer, secret: string): boolean {
  const wanted = type === "token" ? secret : createHmac("sha256", secret).update(body).digest("hex");
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(value), digest(wanted));
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
