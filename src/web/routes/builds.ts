/** `/builds` and `/hosts/{name}/build`: what nix builds for hosts, asked for, followed and called off. */

import type { Admin } from "../admin.ts";
import { redact } from "../events/redact.ts";
import { pageOf } from "../paging.ts";
import { isoTime } from "../present.ts";
import { Problem } from "../problem.ts";
import { jsonRoute, type Route } from "../route.ts";
import { buildBody, builds as buildList, buildsQuery, plans, plansQuery, wanted } from "../schema/builds.ts";
import { hostParams } from "../schema/identity.ts";
import { viewBuild } from "../view-build.ts";

export const BUILD_ROUTES: readonly Route[] = [
  jsonRoute({
    method: "get",
    path: "/builds",
    scope: "read",
    summary: "Lists the hosts that have a flake, by their names, with the last build of each.",
    query: plansQuery,
    answers: plans,
    async answer({ query: { host: only, ...wish } }, { builds }) {
      const latest = await builds.latest();
      const wanted = builds.targets().filter(({ host }) => only === undefined || host === only);
      const all = wanted.toSorted((a, b) => (a.host < b.host ? -1 : 1));
      const { items, ...page } = pageOf(all, wish, ({ host }) => host);
      return {
        ...page,
        hosts: items.map(({ host, installable }) => {
          const last = latest.get(host);
          const nextMs = builds.nextMs(host);
          return {
            ...{ host, installable: redact(installable) },
            ...(nextMs === undefined ? {} : { next: isoTime(nextMs) }),
            ...(last === undefined ? {} : { last: viewBuild(last) }),
          };
        }),
      };
    },
  }),
  jsonRoute({
    method: "get",
    path: "/hosts/{name}/builds",
    scope: "read",
    summary: "Lists the builds of a host, the last one first, with the end of each log.",
    params: hostParams,
    query: buildsQuery,
    answers: buildList,
    // A host that is not configured any more may have been built.
    async answer({ params: { name }, query: { limit } }, { builds }) {
      return { builds: (await builds.lastBuilds(name, limit)).map(viewBuild) };
    },
  }),
  jsonRoute({
    method: "post",
    path: "/hosts/{name}/build",
    scope: "operate",
    summary: "Has nix build the image of a host.",
    noes: ["refused"],
    params: hostParams,
    body: buildBody,
    answers: wanted,
    async answer({ params: { name } }, admin) {
      if (!isKnown(name, admin)) throw new Problem("not-found", `no host is called ${name}`);
      const verdict = await admin.builds.want(name, "asked");
      if (verdict.type === "refused") throw new Problem("refused", verdict.reason, verdict.cure);
      return { isNew: verdict.type === "taken", build: viewBuild(verdict.build) };
    },
  }),
  jsonRoute({
    method: "delete",
    path: "/hosts/{name}/build",
    scope: "operate",
    summary: "Calls off the builds of a host that wait or run.",
    params: hostParams,
    answers: buildList,
    async answer({ params: { name } }, { builds }) {
      const called = builds.cancel(name);
      if (called.length === 0) throw new Problem("not-found", `no build of ${name} waits or runs`);
      return { builds: called.map(viewBuild) };
    },
  }),
];

function isKnown(name: string, { builds, snapshot }: Admin): boolean {
  return snapshot().hosts.has(name) || builds.targets().some(({ host }) => host === name);
}
