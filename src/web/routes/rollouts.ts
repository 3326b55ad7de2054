/** `/rollouts`: how far new generations have got, and what the operator wants of them. */

import { namedHost } from "../../boot/decide.ts";
import type { GenerationId } from "../../boot/generation.ts";
import type { Host, HostName } from "../../boot/host.ts";
import { chooseGeneration } from "../../boot/rollout/choose-generation.ts";
import { scopeOfHost, type Target, targetOf } from "../../boot/rollout/members.ts";
import { trackOf } from "../../boot/rollout/rollout.ts";
import type { RolloutCommand } from "../../boot/rollout/rollout-event.ts";
import { onceKey } from "../../boot/rollout/trial.ts";
import type { Snapshot } from "../../boot/snapshot.ts";
import type { Mac } from "../../wire/net/mac.ts";
import type { Admin } from "../admin.ts";
import { namedGeneration } from "../named-generation.ts";
import { pageOf } from "../paging.ts";
import { Problem } from "../problem.ts";
import { rolloutsVersion } from "../rollouts-version.ts";
import { jsonRoute, type Route, type Version } from "../route.ts";
import { macParams } from "../schema/identity.ts";
import {
  nothingMore,
  onceBody,
  onceQuery,
  type RolloutView,
  rolloutPage,
  rollouts,
  rolloutsQuery,
  targetParams,
  wantedGeneration,
} from "../schema/rollouts.ts";
import { viewRollout } from "../view-rollout.ts";

interface Answer {
  readonly rollouts: RolloutView[];
}

/** The commands that say nothing beyond whom they are about. */
const PLAIN = [
  {
    name: "promote",
    summary: "Gives a new generation to everybody.",
    of: ({ hosts }: Target) => ({ type: "promote", hosts }) as const,
  },
  {
    name: "hold",
    summary: "Gives no machine a new generation for the moment.",
    of: (target: Target) => ({ type: "hold", ...target }) as const,
  },
  {
    name: "release",
    summary: "Gives new generations again.",
    of: (target: Target) => ({ type: "release", ...target }) as const,
  },
  {
    name: "unpin",
    summary: "Gives what is rolled out again, instead of a pinned generation.",
    of: ({ hosts }: Target) => ({ type: "unpin", hosts }) as const,
  },
];

/** Of what commands are about; how far machines are with their boots is shown with it. */
const version: Version<{ readonly params: { readonly name: string } }> = {
  of({ params: { name } }, { snapshot }) {
    const world = snapshot();
    const found = targetOf(name, world.hosts);
    return found === undefined ? undefined : rolloutsVersion(found, world.rollouts);
  },
  // A host and its group are two names of what may be the same.
  turn: () => "rollouts",
  isPart: true,
};

export const ROLLOUT_ROUTES: readonly Route[] = [
  jsonRoute({
    method: "get",
    path: "/rollouts",
    scope: "read",
    summary: "Tells how far the new generation of each host has got, by their names.",
    query: rolloutsQuery,
    answers: rolloutPage,
    async answer({ query: { open, ...wish } }, { snapshot }) {
      const world = snapshot();
      const wanted = open === undefined ? [...world.hosts.values()] : openHosts(world);
      const all = wanted.sort((a, b) => (a.name < b.name ? -1 : 1));
      const { items, ...page } = pageOf(all, wish, ({ name }) => name);
      return { ...page, rollouts: items.map((host) => viewRollout(host, world)) };
    },
  }),
  jsonRoute({
    method: "get",
    path: "/rollouts/{name}",
    scope: "read",
    summary: "Tells how far the new generations of a host or a group have got.",
    params: targetParams,
    version,
    answers: rollouts,
    answer: async ({ params: { name } }, admin) => view(target(name, admin), admin),
  }),
  jsonRoute({
    method: "post",
    path: "/rollouts/{name}/rollback",
    scope: "operate",
    summary: "Goes back to the good generation before, or to another one.",
    noes: ["refused"],
    params: targetParams,
    version,
    body: wantedGeneration,
    answers: rollouts,
    async answer({ params: { name }, body: { generation } }, admin) {
      const wanted = target(name, admin);
      if (generation === undefined) return command({ type: "rollback", hosts: wanted.hosts }, wanted, admin);
      const found = await namedGeneration(generation, wanted, admin);
      for (const [id, hosts] of Map.groupBy(wanted.hosts, (host) => found.get(host))) {
        if (id !== undefined) await command({ type: "rollback", hosts, generation: id }, wanted, admin);
      }
      return view(wanted, admin);
    },
  }),
  jsonRoute({
    method: "post",
    path: "/rollouts/{name}/pin",
    scope: "operate",
    summary: "Gives one generation until it is unpinned; without one, what everybody gets now.",
    noes: ["refused"],
    params: targetParams,
    version,
    body: wantedGeneration,
    answers: rollouts,
    async answer({ params: { name }, body: { generation } }, admin) {
      const wanted = target(name, admin);
      const pins =
        generation === undefined ? given(wanted, admin) : await namedGeneration(generation, wanted, admin);
      return command({ type: "pin", pins }, wanted, admin);
    },
  }),
  ...PLAIN.map(({ name: path, summary, of }) =>
    jsonRoute({
      method: "post",
      path: `/rollouts/{name}/${path}`,
      scope: "operate",
      summary,
      noes: ["refused"],
      params: targetParams,
      version,
      body: nothingMore,
      answers: rollouts,
      async answer({ params: { name } }, admin) {
        const wanted = target(name, admin);
        return command(of(wanted), wanted, admin);
      },
    }),
  ),
  jsonRoute({
    method: "post",
    path: "/rollouts/{name}/once",
    scope: "operate",
    summary: "Gives a generation to the next boot alone.",
    noes: ["refused"],
    params: targetParams,
    version,
    body: onceBody,
    answers: rollouts,
    async answer({ params: { name }, body: { generation, mac } }, admin) {
      const host = await oneHost(name, mac, admin);
      const wanted = target(host.name, admin);
      const id = (await namedGeneration(generation, wanted, admin)).get(host.name) ?? "";
      const key = onceKey(host.name, mac);
      return command({ type: "boot-once", key, host: host.name, generation: id }, wanted, admin);
    },
  }),
  jsonRoute({
    method: "delete",
    path: "/rollouts/{name}/once",
    scope: "operate",
    summary: "Takes back what the next boot alone was to get.",
    noes: ["refused"],
    params: targetParams,
    version,
    query: onceQuery,
    answers: rollouts,
    async answer({ params: { name }, query: { mac } }, admin) {
      const host = await oneHost(name, mac, admin);
      const key = onceKey(host.name, mac);
      return command({ type: "not-once", key, host: host.name }, target(host.name, admin), admin);
    },
  }),
  jsonRoute({
    method: "get",
    path: "/machines/{mac}/rollout",
    scope: "read",
    summary: "Tells how far the new generation of a machine's host has got.",
    params: macParams,
    answers: rollouts,
    answer: async ({ params: { mac } }, admin) => view(target((await hostOf(mac, admin)).name, admin), admin),
  }),
];

/** The hosts of every rollout that is under way or held. */
function openHosts({ hosts, rollouts: table }: Snapshot): Host[] {
  const all = [...hosts.values()];
  const isOpen = (host: Host) =>
    trackOf(table, host.name).candidate !== undefined ||
    table.held.has(scopeOfHost(host)) ||
    table.held.has(`host:${host.name}`);
  const scopes = new Set(all.filter(isOpen).map(scopeOfHost));
  return all.filter((host) => scopes.has(scopeOfHost(host)));
}

function target(name: string, { snapshot }: Admin): Target {
  const found = targetOf(name, snapshot().hosts);
  if (found === undefined) throw new Problem("not-found", `no host and no group is called ${name}`);
  return found;
}

async function oneHost(name: string, mac: Mac | undefined, admin: Admin): Promise<Host> {
  const host = admin.snapshot().hosts.get(name);
  if (host === undefined) throw new Problem("not-found", `no host is called ${name}`);
  const owner = mac === undefined ? host : await hostOf(mac, admin);
  if (owner.name === name) return host;
  throw new Problem("refused", `${mac} is the host ${owner.name}, not ${name}`);
}

/** A machine may be known by its UUID or serial number alone, which it has told. */
async function hostOf(mac: Mac, { machines, snapshot }: Admin): Promise<Host> {
  const seen = await machines.get(mac);
  const world = snapshot();
  const named = namedHost(seen ?? { mac, stage: "ipxe" }, world);
  const host = named ?? world.hosts.get(world.defaultHost ?? "");
  if (host === undefined) throw new Problem("not-found", `no host has the machine ${mac}`);
  return host;
}

function view({ hosts }: Target, { snapshot }: Admin): Answer {
  const world = snapshot();
  const list = hosts.flatMap((name) => world.hosts.get(name) ?? []);
  return { rollouts: list.map((host) => viewRollout(host, world)) };
}

async function command(wanted: RolloutCommand, whom: Target, admin: Admin): Promise<Answer> {
  const verdict = await admin.rollouts.command(wanted);
  if (verdict.type === "refused") throw new Problem("refused", verdict.reason, verdict.cure);
  return view(whom, admin);
}

/** What everybody gets now. */
function given({ hosts }: Target, { snapshot }: Admin): ReadonlyMap<HostName, GenerationId> {
  const world = snapshot();
  const pins = hosts.flatMap((name) => {
    const host = world.hosts.get(name);
    const id = host && chooseGeneration(host, undefined, world).generation?.id;
    return id === undefined ? [] : [[name, id] as const];
  });
  if (pins.length === 0) throw new Problem("refused", `${hosts.join(", ")}: there is no generation yet`);
  return new Map(pins);
}
