/** `/api/v1/machines`: every machine that has asked, named or not. */

import { type Request, type Response, Router } from "express";
import { namedHost } from "../../boot/decide.ts";
import type { Admin } from "../admin.ts";
import { checked } from "../checked.ts";
import { Problem } from "../problem.ts";
import { machinesQuery, macParams } from "../schema.ts";
import { viewMachine } from "../view.ts";

export function machineRoutes({ snapshot, machines, approvals }: Admin): Router {
  const router = Router();
  router.get("/", async (request: Request, response: Response) => {
    const { known, offset, limit } = checked(machinesQuery, request.query);
    const world = snapshot();
    const wanted = (await machines.list()).filter(
      (each) => known === undefined || String(namedHost(each, world) !== undefined) === known,
    );
    const page = wanted.slice(offset, offset + limit);
    response.json({
      total: wanted.length,
      machines: page.map((each) => viewMachine(each, world, approvals.hostOf)),
    });
  });
  router.get("/:mac", async (request: Request, response: Response) => {
    const { mac } = checked(macParams, request.params);
    const seen = await machines.get(mac);
    if (seen === undefined) throw new Problem("not-found", `${mac} was never seen`);
    response.json(viewMachine(seen, snapshot(), approvals.hostOf));
  });
  router.delete("/:mac", async (request: Request, response: Response) => {
    const { mac } = checked(macParams, request.params);
    const host = await approvals.unapprove(mac);
    const wasSeen = await machines.forget(mac);
    if (host === undefined && !wasSeen) throw new Problem("not-found", `${mac} was never seen, nor approved`);
    response.json({ mac, ...(host === undefined ? {} : { host }) });
  });
  return router;
}
