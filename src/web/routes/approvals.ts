/** `/machines/{mac}/approve`: which host a machine is, said while the server runs. */

import { machineTurn, type OfMachine } from "../machine-turn.ts";
import { Problem } from "../problem.ts";
import { jsonRoute, type Route, type Version } from "../route.ts";
import { macParams } from "../schema/identity.ts";
import { approval, approveBody, approvedAs, removal } from "../schema/machines.ts";

/** Of an approval; without one there is nothing that could have changed. */
const version: Version<OfMachine> = {
  of: ({ params: { mac } }, { approvals }) => approvals.hostOf(mac),
  turn: machineTurn,
};

export const APPROVAL_ROUTES: readonly Route[] = [
  jsonRoute({
    method: "get",
    path: "/machines/{mac}/approve",
    scope: "read",
    summary: "Tells which host a machine was approved as.",
    params: macParams,
    version,
    answers: approvedAs,
    async answer({ params: { mac } }, { approvals }) {
      const host = approvals.hostOf(mac);
      if (host === undefined) throw new Problem("not-found", `${mac} is not approved`);
      return { mac, host };
    },
  }),
  jsonRoute({
    method: "post",
    path: "/machines/{mac}/approve",
    scope: "operate",
    summary: "Says which host a machine is.",
    noes: ["refused"],
    params: macParams,
    version,
    body: approveBody,
    answers: approval,
    async answer({ params: { mac }, body: { host }, by }, { approvals }) {
      const before = approvals.hostOf(mac);
      const verdict = await approvals.approve(mac, host, by);
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
    version,
    answers: removal,
    async answer({ params: { mac }, by }, { approvals }) {
      const host = await approvals.unapprove(mac, by);
      if (host === undefined) throw new Problem("not-found", `${mac} is not approved`);
      return { mac, host };
    },
  }),
];
