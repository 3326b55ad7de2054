/**
 * `/`: the built files of the dashboard, as far as they are there.
 *
 * What lies in `assets/` has a name that changes with its content and may be kept for ever; the page itself
 * is asked for each time.
 */

import { access } from "node:fs/promises";
import { join } from "node:path";
import express, { type Express, type NextFunction, type Request, type Response } from "express";
import type { Gate } from "../gate.ts";
import { PROBLEM_STATUS, Problem } from "../problem.ts";
import { loginFor } from "./login.ts";
import { pageHeaders } from "./security-headers.ts";
import { sendThreshold } from "./threshold.ts";

const HEADERS = pageHeaders();
const ASSETS = "/assets/";
const FILE = /^\/(assets\/.*|[^/]*\.\w+)$/;

export function mountDashboard(app: Express, folder: string, gate: Gate): void {
  const files = express.static(folder, {
    index: false,
    dotfiles: "ignore",
    cacheControl: false,
    setHeaders: (response, path) => {
      const isForEver = path.startsWith(join(folder, ASSETS));
      response.setHeader("Cache-Control", isForEver ? "private, max-age=31536000, immutable" : "no-cache");
    },
  });
  app.use((request, response, next) => {
    if (!isForPage(request)) return next();
    if (!mayEnter(request, response, gate)) return;
    response.set(HEADERS);
    files(request, response, next);
  });
  app.use((request, response, next) => {
    // Any other path is one of the page's own, which it shows itself; hosts have names with dots in them.
    if (!isForPage(request) || FILE.test(request.path)) return next();
    void sendPage(folder, request, response, next);
  });
}

function isForPage({ method, path }: Request): boolean {
  return (method === "GET" || method === "HEAD") && !path.startsWith("/api/");
}

/** A person who shows no login is asked for it, by a page of ours: after a link of another site it comes along only then. */
function mayEnter(request: Request, response: Response, gate: Gate): boolean {
  try {
    gate.enter(request, "read");
    return true;
  } catch (error) {
    const isPerson = request.accepts(["json", "html"]) === "html" && !request.path.startsWith(ASSETS);
    if (!(error instanceof Problem) || !isPerson) throw error;
    sendThreshold(response, { status: PROBLEM_STATUS[error.code], next: loginFor(request) });
    return false;
  }
}

async function sendPage(
  folder: string,
  request: Request,
  response: Response,
  next: NextFunction,
): Promise<void> {
  const file = join(folder, "index.html");
  const isThere = await access(file).then(
    () => true,
    () => false,
  );
  response.set("Cache-Control", "no-cache");
  if (isThere)
    response.sendFile(file, { cacheControl: false, dotfiles: "allow" }, (error) => error && next(error));
  else if (request.path === "/") response.type("text/plain").send(NO_PAGE);
  else next();
}

const NO_PAGE = `This is the admin plane of a Mayfly server. It has no dashboard here.

'mayfly hosts' and 'mayfly machines' show what there is, and 'mayfly --help' what else can be asked.
Programs ask /api/v1; /api/v1/openapi.json describes it.
`;
