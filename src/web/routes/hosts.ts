/** `/hosts`: the machines that have a name, and what was approved as configuration. */

import { pageOf, pageQuery } from "../paging.ts";
import { Problem } from "../problem.ts";
import { jsonRoute, type Route, textRoute } from "../route.ts";
import { hosts as hostPage, host as oneHost } from "../schema/hosts.ts";
import { hostParams } from "../schema/identity.ts";
import { viewHosts } from "../view.ts";

export const HOST_ROUTES: readonly Route[] = [
  jsonRoute({
    method: "get",
    path: "/hosts",
    scope: "read",
    summary: "Lists the machines that have a name, by their names.",
    query: pageQuery,
    answers: hostPage,
    async answer({ query }, { snapshot, machines, approvals, sessions, generations }) {
      const seen = await machines.list();
      const world = snapshot();
      const all = [...world.hosts.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
      const { items, ...page } = pageOf(all, query, ({ name }) => name);
      const lastBoots = await sessions.lastOf(items.map(({ name }) => name));
      return {
        ...page,
        hosts: viewHosts(items, world, { seen, lastBoots, nixosOf: generations.nixosOf }, approvals.hostOf),
      };
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
  jsonRoute({
    method: "get",
    path: "/hosts/{name}",
    scope: "read",
    summary: "Tells what a host gets, and when it was last seen.",
    params: hostParams,
    answers: oneHost,
    async answer({ params: { name } }, { snapshot, machines, approvals, sessions, generations }) {
      const [seen, lastBoots] = await Promise.all([machines.list(), sessions.lastOf([name])]);
      const world = snapshot();
      const host = world.hosts.get(name);
      const [view] =
        host === undefined
          ? []
          : viewHosts([host], world, { seen, lastBoots, nixosOf: generations.nixosOf }, approvals.hostOf);
      if (view === undefined) throw new Problem("not-found", `there is no host ${name}`);
      return view;
    },
  }),
];
