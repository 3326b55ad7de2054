/** The admin plane's express application: what may pass, the routes, and how every no is said. */

import express, { type Express, type NextFunction, type Request, type Response } from "express";
import type { Admin } from "./admin.ts";
import { mountBuildHook } from "./build-hook.ts";
import { checked } from "./checked.ts";
import { refuseForeign } from "./local-only.ts";
import { Problem, sendProblem } from "./problem.ts";
import type { AnsweringRoute, ListeningRoute, Route } from "./route.ts";
import { APPROVAL_ROUTES } from "./routes/approvals.ts";
import { BUILD_ROUTES } from "./routes/builds.ts";
import { EVENT_ROUTES } from "./routes/events.ts";
import { GENERATION_ROUTES } from "./routes/generations.ts";
import { HOST_ROUTES } from "./routes/hosts.ts";
import { INSIDE_ROUTES } from "./routes/inside.ts";
import { MACHINE_ROUTES } from "./routes/machines.ts";
import { SESSION_ROUTES } from "./routes/sessions.ts";

/** Everything that the API can be asked. */
export const ROUTES: readonly Route[] = [
  ...HOST_ROUTES,
  ...GENERATION_ROUTES,
  ...INSIDE_ROUTES,
  ...MACHINE_ROUTES,
  ...SESSION_ROUTES,
  ...APPROVAL_ROUTES,
  ...BUILD_ROUTES,
  ...EVENT_ROUTES,
];

const MAX_BODY = "16kb";

export function createApi(admin: Admin): Express {
  const app = express();
  app.disable("x-powered-by");
  app.set("query parser", "simple");
  app.use(refuseForeignRequests);
  app.use((_request, response, next) => {
    response.set({ "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff" });
    next();
  });
  mountBuildHook(app, admin);
  app.use(refuseOtherBodies, express.json({ limit: MAX_BODY }));
  app.get("/healthz", (_request, response) => {
    response.type("text/plain").send("ok\n");
  });
  for (const route of ROUTES) mount(app, route, admin);
  app.use((request) => {
    throw new Problem("not-found", `there is nothing for ${request.method} at ${request.path}`);
  });
  // Express knows an error handler by its four parameters.
  app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
    const problem = problemOf(error);
    if (problem.code === "failed") admin.onError(error);
    if (response.headersSent) response.destroy();
    else sendProblem(response, problem);
  });
  return app;
}

function mount(app: Express, route: Route, admin: Admin): void {
  const { method, path } = route;
  const read = (schema: Route["params"], value: unknown) =>
    schema === undefined ? undefined : checked(schema, value);
  const handler = async (request: Request, response: Response) => {
    const asked = {
      params: read(route.params, request.params),
      query: read(route.query, request.query),
      body: read(route.body, request.body),
    };
    if ("listen" in route) stream(route, asked, admin, request, response);
    else await answer(route, asked, admin, response);
  };
  app[method](`/api/v1${path.replaceAll(/\{(\w+)\}/g, ":$1")}`, handler);
}

async function answer(route: AnsweringRoute, asked: object, admin: Admin, response: Response): Promise<void> {
  const { contentType } = route;
  const said = await route.answer(asked, admin);
  if (contentType === undefined) response.json(said);
  else response.type(contentType).send(said);
}

function stream(
  route: ListeningRoute,
  asked: object,
  admin: Admin,
  request: Request,
  response: Response,
): void {
  response.status(200).type("text/event-stream").set("X-Accel-Buffering", "no").flushHeaders();
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  const outlet = {
    send: (bytes: Uint8Array) => void response.write(bytes),
    waitingBytes: () => response.writableLength,
    close: () => void response.destroy(),
  };
  const last = request.headers["last-event-id"];
  const stop = route.listen(asked, admin, outlet, typeof last === "string" ? last : undefined);
  response.once("close", stop);
}

function refuseForeignRequests(request: Request, _response: Response, next: NextFunction): void {
  const { host, origin, "sec-fetch-site": site } = request.headers;
  const reason = refuseForeign({ host, origin, site: typeof site === "string" ? site : undefined });
  if (reason !== undefined) throw new Problem("foreign-origin", reason);
  next();
}

/** A form of another site can send text and form data without asking first; JSON it cannot. */
function refuseOtherBodies(request: Request, _response: Response, next: NextFunction): void {
  if (request.method === "POST" && !request.is("application/json")) {
    throw new Problem("not-json", "a body of type application/json is wanted");
  }
  next();
}

function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  // What body-parser and express themselves throw.
  const status = error instanceof Error && "status" in error ? error.status : undefined;
  const message = error instanceof Error ? error.message : String(error);
  if (status === 413) return new Problem("too-large", `a body has at most ${limitOf(error)} here`);
  if (status === 415) return new Problem("not-json", message);
  if (typeof status === "number" && status < 500) return new Problem("invalid", message);
  const cure = error instanceof Error && "cure" in error ? String(error.cure) : undefined;
  return new Problem("failed", message, cure);
}

/** body-parser says how many bytes it would have taken. */
function limitOf(error: unknown): string {
  const limit = error instanceof Error && "limit" in error ? error.limit : undefined;
  return typeof limit === "number" ? `${limit} bytes` : MAX_BODY;
}
