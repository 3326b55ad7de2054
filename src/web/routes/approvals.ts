/** `/api/v1/machines/MAC/approve`: which host a machine is, said while the server runs. */

import { type Request, type Response, Router } from "express";
import type { Admin } from "../admin.ts";
import { checked } from "../checked.ts";
import { Problem } from "../problem.ts";
import { approveBody, macParams } from "../schema.ts";

export function approvalRoutes({ approvals }: Admin): Router {
  const router = Router();
  router.post("/:mac/approve", async (request: Request, response: Response) => {
    const { mac } = checked(macParams, request.params);
    const { host } = checked(approveBody, request.body);
    const before = approvals.hostOf(mac);
    const verdict = await approvals.approve(mac, host);
    if (verdict.type === "refused") throw new Problem("refused", verdict.reason, verdict.cure);
    response.json({
      mac,
      host,
      ...(before === undefined || before === host ? {} : { before }),
      notes: verdict.notes,
    });
  });
  router.delete("/:mac/approve", async (request: Request, response: Response) => {
    const { mac } = checked(macParams, request.params);
    const host = await approvals.unapprove(mac);
    if (host === undefined) throw new Problem("not-found", `${mac} is not approved`);
    response.json({ mac, host });
  });
  return router;
}
