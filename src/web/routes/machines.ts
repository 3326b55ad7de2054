/** `/machines`: every machine that has asked, named or not. */

import { namedHost } from "../../boot/decide.ts";
import type { SeenMachine } from "../../boot/machine/seen.ts";
import { machineTurn, type OfMachine } from "../machine-turn.ts";
import { pageOf } from "../paging.ts";
import { Problem } from "../problem.ts";
import { jsonRoute, type Route, type Version } from "../route.ts";
import { macParams } from "../schema/identity.ts";
import { machine, machines as machinePage, machinesQuery, removal, wakeCall } from "../schema/machines.ts";
import { viewMachine } from "../view.ts";

/** The later it was seen the further in front; one that is seen meanwhile is on no later page. */
function placeOf({ lastSeenMs, mac }: SeenMachine): string {
  return `${String(LATEST_MS - lastSeenMs).padStart(16, "0")} ${mac}`;
}

/** What JavaScript can tell as a date. */
const LATEST_MS = 8_640_000_000_000_000;

/** Of a machine as a whole: what an operator said of it. That it asks again changes nothing of that. */
const version: Version<OfMachine> = {
  of: ({ params: { mac } }, { approvals }) => approvals.hostOf(mac) ?? "not approved",
  turn: machineTurn,
  isPart: true,
};

export const MACHINE_ROUTES: readonly Route[] = [
  jsonRoute({
    method: "get",
    path: "/machines",
    scope: "read",
    summary: "Lists every machine that has asked, the last one seen first.",
    query: machinesQuery,
    answers: machinePage,
    async answer({ query: { known, ...wish } }, { snapshot, machines, approvals }) {
      const seen = await machines.list();
      const world = snapshot();
      const wanted = seen.filter(
        (each) => known === undefined || String(namedHost(each, world) !== undefined) === known,
      );
      const { items, ...page } = pageOf(wanted, wish, placeOf);
      return { ...page, machines: items.map((each) => viewMachine(each, world, approvals.hostOf)) };
    },
  }),
  jsonRoute({
    method: "get",
    path: "/machines/{mac}",
    scope: "read",
    summary: "Tells what is known of a machine.",
    params: macParams,
    version,
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
    version,
    answers: removal,
    async answer({ params: { mac }, by }, { machines, approvals }) {
      const host = await approvals.unapprove(mac, by);
      const wasSeen = await machines.forget(mac);
      if (host === undefined && !wasSeen)
        throw new Problem("not-found", `${mac} was never seen, nor approved`);
      return { mac, ...(host === undefined ? {} : { host }) };
    },
  }),
  jsonRoute({
    method: "post",
    path: "/machines/{mac}/wake",
    scope: "operate",
    summary: "Switches a machine on, if it waits for that (Wake-on-LAN); nothing tells whether it did.",
    noes: ["refused"],
    params: macParams,
    answers: wakeCall,
    async answer({ params: { mac } }, { machines }) {
      const seen = await machines.get(mac);
      const interfaces = await machines.wake(mac, seen?.interface);
      if (interfaces.length > 0) return { mac, interfaces: [...interfaces] };
      throw new Problem("refused", "no interface is served that a magic packet could leave by");
    },
  }),
];
