/** The admin plane's express application: what may pass, the routes, and how every no is said. */

import express, { type Express, type NextFunction, type Request, type Response } from "express";
import type { Admin } from "./admin.ts";
import { refuseForeign } from "./local-only.ts";
import { Problem, sendProblem } from "./problem.ts";
import { approvalRoutes } from "./routes/approvals.ts";
import { hostRoutes } from "./routes/hosts.ts";
import { machineRoutes } from "./routes/machines.ts";

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
  app.use("/api/v1/hosts", hostRoutes(admin));
  app.use("/api/v1/machines", machineRoutes(admin), approvalRoutes(admin));
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
