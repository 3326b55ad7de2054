/** `/machines/{mac}/approve`: which host a machine is, said while the server runs. */

import { Problem } from "../problem.ts";
import { jsonRoute, type Route } from "../route.ts";
import { macParams } from "../schema/identity.ts";
import { approval, approveBody, removal } from "../schema/machines.ts";

export const APPROVAL_ROUTES: readonly Route[] = [
  jsonRoute({
    method: "post",
    path: "/machines/{mac}/approve",
    scope: "operate",
    summary: "Says which host a machine is.",
    params: macParams,
    body: approveBody,
    answers: approval,
    async answer({ params: { mac }, body: { host } }, { approvals }) {
      const before = approvals.hostOf(mac);
      const verdict = await approvals.approve(mac, host);
      if (verdict.type === "refused") throw new Problem("refused", verdict.reason, verdict.cure);
      return {
        mac,
        host,
        ...(before === undefined || before === host ? {} : { before }),
        notes: [...verdict.notes],
      };
    },
  }),
  jsonRoute({
    method: "delete",
    path: "/machines/{mac}/approve",
    scope: "operate",
    summary: "Takes an approval back.",
    params: macParams,
    answers: removal,
    async answer({ params: { mac } }, { approvals }) {
      const host = await approvals.unapprove(mac);
      if (host === undefined) throw new Problem("not-found", `${mac} is not approved`);
      return { mac, host };
    },
  }),
];
