/** `/hosts`: the machines that have a name, and what was approved as configuration. */

import { jsonRoute, type Route, textRoute } from "../route.ts";
import { hosts } from "../schema/hosts.ts";
import { viewHosts } from "../view.ts";

export const HOST_ROUTES: readonly Route[] = [
  jsonRoute({
    method: "get",
    path: "/hosts",
    scope: "read",
    summary: "Lists the machines that have a name.",
    answers: hosts,
    async answer(_asked, { snapshot, machines, approvals }) {
      return { hosts: viewHosts(snapshot(), await machines.list(), approvals.hostOf) };
    },
  }),
  textRoute({
    method: "get",
    path: "/hosts/export",
    scope: "read",
    summary: "Gives what was approved as it would stand in mayfly.yaml.",
    contentType: "application/yaml",
    answer: (_asked, { approvals }) => approvals.exported(),
  }),
];
