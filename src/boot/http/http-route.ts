/**
 * What the boot plane answers to one request: a pure function of its line, its host and the world.
 *
 * It knows no list of hosts and no secret. Files are only named here; the shell opens them. Nothing is
 * taken but the report of what was booted.
 */

import { parseQuery } from "../../wire/ipxe/query.ts";
import { waitingText } from "../build/describe-build.ts";
import { BUILD_PAUSE_SECONDS, buildUnderWay } from "../build/first-build.ts";
import { type BeginBoot, CHECK_IN_FOLDER, type CheckInToken } from "../check-in/begin-boot.ts";
import type { BootClient } from "../client.ts";
import type { Generation, GenerationId } from "../generation.ts";
import { type KexecQuestion, readKexecQuestion } from "../kexec/kexec-question.ts";
import type { BootProgram } from "../program/program.ts";
import { generationFor } from "../rollout/choose-generation.ts";
import type { BaseUrl } from "../script/script.ts";
import { mediaPath } from "../script/script.ts";
import { answerScript, identifyByQuery, type ScriptAnswer } from "../script/script-route.ts";
import { allPrograms, type Snapshot } from "../snapshot.ts";
import { type MediaWish, parseMediaQuery } from "./media-query.ts";

export interface HttpQuestion {
  readonly method: string;
  /** The request target as it came: path and query, or an absolute URL. */
  readonly target: string;
  /** How the machine reached us. */
  readonly base: BaseUrl;
  /** Whether the server has all of its ports open and the images looked at. */
  readonly ready: boolean;
  /** As it came; absent where there was none. */
  readonly userAgent?: string | undefined;
  /** Absent where only the question is asked. */
  readonly beginBoot?: BeginBoot | undefined;
  /** Whether machines may log to this server. */
  readonly takesLogs?: boolean | undefined;
}

export type HttpRoute =
  | ({ readonly type: "script" } & ScriptAnswer)
  | { readonly type: "redirect"; readonly location: string; readonly generation: Generation }
  | ({ readonly type: "media"; readonly generation: Generation; readonly file: string } & MediaWish)
  /** For a Linux that runs, and will have another one in its place. */
  | { readonly type: "kexec"; readonly question: KexecQuestion }
  | { readonly type: "program"; readonly program: BootProgram }
  | { readonly type: "text"; readonly status: 200 | 503; readonly text: string }
  /** What was booted reports; whether the token counts is not decided by the path alone. */
  | { readonly type: "check-in"; readonly token: CheckInToken }
  /** Not yet: the first build of what is asked for is under way. */
  | { readonly type: "later"; readonly retryAfterSeconds: number; readonly reason: string }
  | {
      readonly type: "refused";
      readonly status: 400 | 404 | 405 | 410 | 414;
      readonly reason: string;
      /** A probe that finds nothing on a healthy server too. */
      readonly expected: boolean;
      /** With 405: what is allowed there. */
      readonly allow?: string;
      /** Not known now; whether it ever was, the history can tell. */
      readonly unknown?: GenerationId;
    };

/** Longer than any path of ours with every setting of a machine in its query. */
const MAX_TARGET_LENGTH = 4096;

const GREETING = `Mayfly, boot plane. Machines start at /netboot.ipxe.\n`;

/** Routes one request. */
export function routeHttp(question: HttpQuestion, snapshot: Snapshot): HttpRoute {
  const { method, target } = question;
  const isLong = target.length > MAX_TARGET_LENGTH;
  const [rawPath = "", ...query] = isLong ? [] : withoutAuthority(target).split("?");
  const path = decodePath(rawPath);
  if (path?.[0] === CHECK_IN_FOLDER && path.length > 1) return routeCheckIn(method, path);
  if (method !== "GET" && method !== "HEAD") {
    return refuseMethod("GET, HEAD", `only GET and HEAD here, not ${method}`);
  }
  if (isLong) return refuse(414, `a request target has at most ${MAX_TARGET_LENGTH} characters here`);
  if (path === undefined) {
    return refuse(400, "the path has a bad percent escape, or a character that no path here has");
  }
  return routePath(path, query.join("?"), question, snapshot);
}

/** The machine that asks for its script by this target; `undefined` for all else. */
export function scriptAsker(target: string): BootClient | undefined {
  const [rawPath = "", ...query] = withoutAuthority(target).split("?");
  const isScript = /(^|\/)(netboot|autoexec)\.ipxe$/.test(rawPath);
  return isScript && target.length <= MAX_TARGET_LENGTH
    ? identifyByQuery(parseQuery(query.join("?")))
    : undefined;
}

function routePath(
  path: readonly string[],
  query: string,
  { base, ready, userAgent, beginBoot, takesLogs }: HttpQuestion,
  snapshot: Snapshot,
): HttpRoute {
  const [folder, name, ...rest] = path;
  // Each iPXE looks beside its own binary, wherever that came from (quirk I8).
  if (path.at(-1) === "autoexec.ipxe" && folder !== "media" && folder !== "hosts") {
    return {
      type: "script",
      ...answerScript({ query, base, isAutoexec: true, beginBoot, userAgent, takesLogs }, snapshot),
    };
  }
  if (path.length === 0) return { type: "text", status: 200, text: GREETING };
  if (path.length === 1) {
    switch (folder) {
      case "netboot.ipxe":
        return {
          type: "script",
          ...answerScript({ query, base, isAutoexec: false, beginBoot, userAgent, takesLogs }, snapshot),
        };
      case "healthz":
        return { type: "text", status: 200, text: "ok\n" };
      case "readyz":
        return { type: "text", status: ready ? 200 : 503, text: ready ? "ready\n" : "starting\n" };
    }
  }
  if (folder === "media" && name !== undefined && rest.length > 0)
    return routeMedia(name, rest.join("/"), query, snapshot);
  if (folder === "hosts" && name !== undefined && rest.length > 0)
    return routeHost(name, rest.join("/"), snapshot);
  if (folder === "kexec") {
    const asked = readKexecQuestion(path.slice(1), query);
    if (asked !== undefined) return { type: "kexec", question: asked };
  }
  if (folder === "ipxe" && name !== undefined && rest.length === 0) return routeProgram(name, snapshot);
  return refuse(404, `there is nothing at /${path.join("/")}`, folder === "favicon.ico");
}

/** The one thing that is sent to the boot plane. A token is not told to anybody, so no reason has the path in it. */
function routeCheckIn(method: string, [, token = "", ...rest]: readonly string[]): HttpRoute {
  if (rest.length > 0) return refuse(404, "a check-in goes to the address that the kernel parameter names");
  return method === "POST"
    ? { type: "check-in", token }
    : refuseMethod("POST", `a check-in is a POST, not a ${method}`);
}

function routeMedia(id: string, file: string, query: string, snapshot: Snapshot): HttpRoute {
  const generation = snapshot.generations.get(id);
  if (generation === undefined) {
    const reason = `generation ${id} is not kept any more; ask /netboot.ipxe again to boot the current one`;
    return { type: "refused", status: 410, reason, expected: false, unknown: id };
  }
  if (!generation.files.has(file)) return refuse(404, `generation ${id} has no file ${file}`);
  return { type: "media", generation, file, ...parseMediaQuery(query) };
}

/** What is said of a generation that the history does not know either. */
export function neverPublished(id: GenerationId): Extract<HttpRoute, { type: "refused" }> {
  const reason = `there never was a generation ${id}; ask /netboot.ipxe to boot the current one`;
  return { type: "refused", status: 404, reason, expected: false };
}

function routeHost(name: string, file: string, snapshot: Snapshot): HttpRoute {
  const host = snapshot.hosts.get(name);
  if (host === undefined) return refuse(404, `no host is called ${name}`);
  const generation = generationFor(host, undefined, snapshot);
  if (generation === undefined) {
    const build = buildUnderWay(host, snapshot);
    if (build === undefined) return refuse(404, `host ${name} has no complete image yet`);
    return { type: "later", retryAfterSeconds: BUILD_PAUSE_SECONDS, reason: waitingText(name, build) };
  }
  if (!generation.files.has(file)) return refuse(404, `the image of ${name} has no file ${file}`);
  return { type: "redirect", location: mediaPath(generation, file), generation };
}

function routeProgram(name: string, snapshot: Snapshot): HttpRoute {
  const program = allPrograms(snapshot).find((each) => each.name === name);
  return program === undefined
    ? refuse(404, `there is no boot program ${name}`)
    : { type: "program", program };
}

/** A proxy's client sends the whole URL; RFC 9112 §3.2.2 wants it understood. */
function withoutAuthority(target: string): string {
  return target.replace(/^https?:\/\/[^/?]*/i, "").replace(/#.*$/s, "");
}

/**
 * The segments of a path, decoded once; empty ones left out, since addresses joined by hand double slashes.
 *
 * @returns `undefined` for what could mean something to a file system that it does not mean here
 */
function decodePath(path: string): string[] | undefined {
  try {
    const segments = path
      .split("/")
      .map(decodeURIComponent)
      .filter((segment) => segment !== "");
    return segments.some(isUnsafe) ? undefined : segments;
  } catch {
    return undefined;
  }
}

function isUnsafe(segment: string): boolean {
  return segment === "." || segment === ".." || /[/\\\p{Cc}]/u.test(segment);
}

function refuse(status: 400 | 404 | 410 | 414, reason: string, expected = false): HttpRoute {
  return { type: "refused", status, reason, expected };
}

function refuseMethod(allow: string, reason: string): HttpRoute {
  return { type: "refused", status: 405, reason, expected: false, allow };
}
