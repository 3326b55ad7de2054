/** `/machines`: every machine that has asked, named or not. */

import { namedHost } from "../../boot/decide.ts";
import { Problem } from "../problem.ts";
import { jsonRoute, type Route } from "../route.ts";
import { macParams } from "../schema/identity.ts";
import { machine, machines as machinePage, machinesQuery, removal } from "../schema/machines.ts";
import { viewMachine } from "../view.ts";

export const MACHINE_ROUTES: readonly Route[] = [
  jsonRoute({
    method: "get",
    path: "/machines",
    scope: "read",
    summary: "Lists every machine that has asked, the last one seen first.",
    query: machinesQuery,
    answers: machinePage,
    async answer({ query: { known, offset, limit } }, { snapshot, machines, approvals }) {
      const world = snapshot();
      const wanted = (await machines.list()).filter(
        (each) => known === undefined || String(namedHost(each, world) !== undefined) === known,
      );
      const page = wanted.slice(offset, offset + limit);
      return {
        total: wanted.length,
        machines: page.map((each) => viewMachine(each, world, approvals.hostOf)),
      };
    },
  }),
  jsonRoute({
    method: "get",
    path: "/machines/{mac}",
    scope: "read",
    summary: "Tells what is known of a machine.",
    params: macParams,
    answers: machine,
    async answer({ params: { mac } }, { snapshot, machines, approvals }) {
      const seen = await machines.get(mac);
      if (seen === undefined) throw new Problem("not-found", `${mac} was never seen`);
      return viewMachine(seen, snapshot(), approvals.hostOf);
    },
  }),
  jsonRoute({
    method: "delete",
    path: "/machines/{mac}",
    scope: "operate",
    summary: "Forgets a machine until it asks again: that it was seen, and that it was approved.",
    params: macParams,
    answers: removal,
    async answer({ params: { mac } }, { machines, approvals }) {
      const host = await approvals.unapprove(mac);
      const wasSeen = await machines.forget(mac);
      if (host === undefined && !wasSeen)
        throw new Problem("not-found", `${mac} was never seen, nor approved`);
      return { mac, ...(host === undefined ? {} : { host }) };
    },
  }),
];
