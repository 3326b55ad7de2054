/** The admin plane's express application: what may pass, the routes, and how every no is said. */

import express, { type Express, type NextFunction, type Request, type Response } from "express";
import { cureOf } from "../boot/cure.ts";
import type { Admin } from "./admin.ts";
import { BUILD_HOOK, mountBuildHook } from "./build-hook.ts";
import { createGate } from "./gate.ts";
import { mountMetrics } from "./metrics/mount-metrics.ts";
import { isLetIn, mountRoutes } from "./mount.ts";
import { mountDashboard } from "./page/dashboard.ts";
import { mountLogin } from "./page/login.ts";
import { sendThreshold } from "./page/threshold.ts";
import { Problem, sendProblem } from "./problem.ts";
import type { Route } from "./route.ts";
import { APPROVAL_ROUTES } from "./routes/approvals.ts";
import { BUILD_ROUTES } from "./routes/builds.ts";
import { CAPTURE_ROUTES } from "./routes/captures.ts";
import { EVENT_ROUTES } from "./routes/events.ts";
import { GENERATION_ROUTES } from "./routes/generations.ts";
import { HOST_ROUTES } from "./routes/hosts.ts";
import { INSIDE_ROUTES } from "./routes/inside.ts";
import { MACHINE_ROUTES } from "./routes/machines.ts";
import { NOTIFICATION_ROUTES } from "./routes/notifications.ts";
import { openApiRoute } from "./routes/openapi.ts";
import { ROLLOUT_ROUTES } from "./routes/rollouts.ts";
import { SESSION_ROUTES } from "./routes/sessions.ts";
import { STATUS_ROUTES } from "./routes/status.ts";
import { TOKEN_ROUTES } from "./routes/tokens.ts";

const RESOURCES: readonly Route[] = [
  ...STATUS_ROUTES,
  ...HOST_ROUTES,
  ...GENERATION_ROUTES,
  ...INSIDE_ROUTES,
  ...MACHINE_ROUTES,
  ...SESSION_ROUTES,
  ...APPROVAL_ROUTES,
  ...ROLLOUT_ROUTES,
  ...BUILD_ROUTES,
  ...EVENT_ROUTES,
  ...CAPTURE_ROUTES,
  ...NOTIFICATION_ROUTES,
  ...TOKEN_ROUTES,
];

/** Everything that the API can be asked. */
export const ROUTES: readonly Route[] = [...RESOURCES, openApiRoute(RESOURCES, [BUILD_HOOK])];

const MAX_BODY = "16kb";

export function createApi(admin: Admin): Express {
  const app = express();
  const gate = createGate(admin.access);
  app.disable("x-powered-by");
  app.disable("etag");
  app.set("query parser", "simple");
  app.use((request, response, next) => {
    const from = gate.refuseForeign(request);
    response.set({ "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff" });
    if (from === "link") sendThreshold(response, { status: 200 });
    else next();
  });
  mountBuildHook(app, admin);
  app.get("/healthz", (_request, response) => {
    response.type("text/plain").send("ok\n");
  });
  mountMetrics(app, admin, gate);
  mountLogin(app, admin.access, gate);
  app.use(refuseOtherBodies, express.json({ limit: MAX_BODY }));
  mountRoutes(app, ROUTES, { admin, gate });
  mountDashboard(app, admin.pageFolder, gate);
  app.use((request) => {
    throw new Problem("not-found", `there is nothing for ${request.method} at ${request.path}`);
  });
  // Express knows an error handler by its four parameters.
  app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
    const problem = problemOf(error, isLetIn(response));
    if (problem.code === "failed") admin.onError(error);
    if (response.headersSent) response.destroy();
    else sendProblem(response, problem);
  });
  return app;
}

/** A form of another site can send text and form data without asking first; JSON it cannot. */
function refuseOtherBodies(request: Request, _response: Response, next: NextFunction): void {
  const { headers, method } = request;
  const hasBody = headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
  const isTyped = headers["content-type"] !== undefined;
  if (
    method !== "GET" &&
    (hasBody || isTyped) &&
    !/^application\/json\b/i.test(headers["content-type"] ?? "")
  ) {
    throw new Problem("not-json", "a body of type application/json is wanted");
  }
  next();
}

/** @param isTold - whether who asked may know what failed inside: it names files, and more */
function problemOf(error: unknown, isTold: boolean): Problem {
  if (error instanceof Problem) return error;
  // What body-parser and express themselves throw.
  const status = error instanceof Error && "status" in error ? error.status : undefined;
  const message = error instanceof Error ? error.message : String(error);
  if (status === 413) return new Problem("too-large", `a body has at most ${limitOf(error)} here`);
  if (status === 415) return new Problem("not-json", message);
  if (status === 404) return new Problem("not-found", message);
  if (typeof status === "number" && status < 500) return new Problem("invalid", message);
  return isTold
    ? new Problem("failed", message, cureOf(error))
    : new Problem("failed", "the server could not do it", "its log says why");
}

/** body-parser says how many bytes it would have taken. */
function limitOf(error: unknown): string {
  const limit = error instanceof Error && "limit" in error ? error.limit : undefined;
  return typeof limit === "number" ? `${limit} bytes` : MAX_BODY;
}
