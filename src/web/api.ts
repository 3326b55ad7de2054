/** The admin plane's express application: what may pass, the routes, and how every no is said. */

import express, { type Express, type NextFunction, type Request, type Response } from "express";
import type { Admin } from "./admin.ts";
import { checked } from "./checked.ts";
import { refuseForeign } from "./local-only.ts";
import { Problem, sendProblem } from "./problem.ts";
import type { Route } from "./route.ts";
import { APPROVAL_ROUTES } from "./routes/approvals.ts";
import { GENERATION_ROUTES } from "./routes/generations.ts";
import { HOST_ROUTES } from "./routes/hosts.ts";
import { INSIDE_ROUTES } from "./routes/inside.ts";
import { MACHINE_ROUTES } from "./routes/machines.ts";

/** Everything that the API can be asked. */
export const ROUTES: readonly Route[] = [
  ...HOST_ROUTES,
  ...GENERATION_ROUTES,
  ...INSIDE_ROUTES,
  ...MACHINE_ROUTES,
  ...APPROVAL_ROUTES,
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
  const { method, path, contentType } = route;
  const read = (schema: Route["params"], value: unknown) =>
    schema === undefined ? undefined : checked(schema, value);
  const handler = async (request: Request, response: Response) => {
    const asked = {
      params: read(route.params, request.params),
      query: read(route.query, request.query),
      body: read(route.body, request.body),
    };
    const answer = await route.answer(asked, admin);
    if (contentType === undefined) response.json(answer);
    else response.type(contentType).send(answer);
  };
  app[method](`/api/v1${path.replaceAll(/\{(\w+)\}/g, ":$1")}`, handler);
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
  if (status === 413) return new Problem("too-large", `a body has at most ${MAX_BODY} here`);
  if (status === 415) return new Problem("not-json", message);
  if (typeof status === "number" && status < 500) return new Problem("invalid", message);
  const cure = error instanceof Error && "cure" in error ? String(error.cure) : undefined;
  return new Problem("failed", message, cure);
}
