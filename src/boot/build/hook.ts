/** What a forge tells of a push, and which hosts are built for it. Pure; the signature is checked before. */

import {
  type FlakeSource,
  parseFlakeSource,
  parseRepository,
  type Repository,
} from "../../wire/nix/flake-ref.ts";
import type { HostName } from "../host.ts";
import type { BuildTarget } from "./build.ts";

/** How a forge shows that it knows the secret: the header, and whether it holds the secret or an HMAC of the body. */
export interface HookProof {
  readonly type: "hmac" | "token";
  /** Hexadecimal for an HMAC (SHA-256). */
  readonly value: string;
}

/** Headers by name in lower case. */
export type HookHeaders = Readonly<Record<string, string | undefined>>;

/**
 * The proof in a request, by the headers of GitHub, Forgejo, Gitea (HMAC) and GitLab (the secret itself).
 *
 * @returns `undefined` when there is none, or one of another kind
 */
export function hookProof(headers: HookHeaders): HookProof | undefined {
  const github = /^sha256=([0-9a-f]{64})$/i.exec(headers["x-hub-signature-256"] ?? "")?.[1];
  if (github !== undefined) return { type: "hmac", value: github.toLowerCase() };
  for (const name of ["x-forgejo-signature", "x-gitea-signature", "x-gogs-signature"]) {
    const value = headers[name];
    if (value !== undefined && /^[0-9a-f]{64}$/i.test(value))
      return { type: "hmac", value: value.toLowerCase() };
  }
  const token = headers["x-gitlab-token"];
  return token === undefined || token === "" ? undefined : { type: "token", value: token };
}

/** What a forge says happened; `undefined` where it does not say. */
export function hookEvent(headers: HookHeaders): string | undefined {
  const names = ["x-github-event", "x-forgejo-event", "x-gitea-event", "x-gogs-event", "x-gitlab-event"];
  return names.map((name) => headers[name]).find((value) => value !== undefined);
}

/** Whether what happened can be another state of a branch or a tag. */
export function isPush(event: string | undefined): boolean {
  return event === undefined || /^(push|Push Hook|Tag Push Hook|create)$/.test(event);
}

/** A push, as far as it matters. */
export interface Push {
  /** Every address that the forge gives for the repository. */
  readonly repositories: readonly Repository[];
  /** Of the branch or the tag; absent where the forge does not say. */
  readonly ref?: string;
  readonly defaultBranch?: string;
}

/** Reads the payload of a push in any of the forges' shapes; `undefined` for what names no repository. */
export function readPush(payload: unknown): Push | undefined {
  const repository = field(payload, "repository") ?? field(payload, "project");
  const project = field(payload, "project");
  const urls = [repository, project].flatMap((each) =>
    ADDRESSES.map((name) => field(each, name)).filter((value) => typeof value === "string"),
  );
  const repositories = urls.flatMap((url) => parseRepository(url) ?? []);
  if (repositories.length === 0) return undefined;
  const ref = field(payload, "ref");
  const branch = field(repository, "default_branch") ?? field(project, "default_branch");
  return {
    repositories: repositories.filter(
      ({ host, path }, i) =>
        repositories.findIndex((other) => other.host === host && other.path === path) === i,
    ),
    ...(typeof ref === "string" ? { ref: ref.replace(/^refs\/(?:heads|tags)\//, "") } : {}),
    ...(typeof branch === "string" ? { defaultBranch: branch } : {}),
  };
}

const ADDRESSES = [
  ...["clone_url", "html_url", "ssh_url", "git_url"],
  ...["git_http_url", "git_ssh_url", "web_url", "homepage", "url"],
];

/** The hosts whose flake may be another one after this push. */
export function hostsOfPush(push: Push, targets: Iterable<BuildTarget>): HostName[] {
  return [...targets].flatMap(({ host, installable }) => {
    const source = parseFlakeSource(installable.split("#")[0] ?? "");
    return source !== undefined && isMeant(push, source) ? [host] : [];
  });
}

function isMeant({ repositories, ref, defaultBranch }: Push, source: FlakeSource): boolean {
  if (source.isPinned) return false;
  if (!repositories.some(({ host, path }) => host === source.host && path === source.path)) return false;
  const wanted = source.ref ?? defaultBranch;
  // Where neither side says which branch, building once too often does no harm.
  return wanted === undefined || ref === undefined || wanted === ref;
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
