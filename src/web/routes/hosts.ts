/** `/api/v1/hosts`: the machines that have a name, and what was approved as configuration. */

import { type Request, type Response, Router } from "express";
import type { Admin } from "../admin.ts";
import { viewHosts } from "../view.ts";

export function hostRoutes({ snapshot, machines, approvals }: Admin): Router {
  const router = Router();
  router.get("/", async (_request: Request, response: Response) => {
    const seen = await machines.list();
    response.json({ hosts: viewHosts(snapshot(), seen, approvals.hostOf) });
  });
  router.get("/export", async (_request: Request, response: Response) => {
    response.type("application/yaml").send(await approvals.exported());
  });
  return router;
}
