/** `mayfly rollouts` and the commands that steer them: which generation machines get, and why. */

import { isHostName } from "../boot/hosts.ts";
import type { SettingsRequest } from "../config/load.ts";
import { ConfigError, quote } from "../config/mistake.ts";
import { type RolloutView, rolloutPage, rollouts } from "../web/schema/rollouts.ts";
import { parseMac } from "../wire/net/mac.ts";
import { type AdminClient, connectAdmin } from "./admin-client.ts";
import type { ListOptions } from "./machines.ts";
import { readPages } from "./pages.ts";
import { type Column, formatTable } from "./table.ts";

const WANT_TARGET = "the name of a host or a group";
const WANT_MACHINE = "the name of a host, or the MAC address of a machine";

/** Lists how far the new generation of each host has got, or of one host or group. */
export async function listRollouts(
  request: SettingsRequest,
  name: string | undefined,
  { json, width }: ListOptions,
): Promise<string[]> {
  const path = name === undefined ? undefined : `rollouts/${readTarget(name)}`;
  const client = await connectAdmin(request);
  const pages =
    path === undefined
      ? await readPages(client, rolloutPage, "rollouts")
      : [await client.ask(rollouts, "GET", path)];
  const list = pages.flatMap((page) => page.rollouts);
  if (json) return [JSON.stringify({ rollouts: list }, undefined, 2)];
  if (list.length === 0) return ["No host has a name or an image yet."];
  return formatTable(COLUMNS, list.toSorted(byName), width);
}

function byName(a: RolloutView, b: RolloutView): number {
  const key = ({ group = "", host }: RolloutView) => `${group} ${host}`;
  return key(a).localeCompare(key(b), "en", { numeric: true });
}

const COLUMNS: readonly Column<RolloutView>[] = [
  { title: "HOST", text: ({ host }) => host },
  { title: "GROUP", text: ({ group = "" }) => group },
  { title: "STRATEGY", text: ({ strategy, held }) => (held ? `${strategy}, held` : strategy) },
  { title: "GETS", text: ({ gives = "" }) => gives },
  { title: "BECAUSE", text: ({ because = "" }) => because },
  { title: "MACHINES", text: (row) => machinesText(row) },
];

/** Only those of which something is still to be seen. */
function machinesText({ trials, once }: RolloutView): string {
  return [
    ...trials.map(
      ({ mac, place, state }) => `${mac} ${place === "canary" ? "canary, " : ""}${stateText(state)}`,
    ),
    ...once.map(({ generation, mac }) => `${mac ?? "next boot"} once ${generation}`),
  ].join("; ");
}

function stateText(state: RolloutView["trials"][number]["state"]): string {
  switch (state) {
    case "reserved":
    case "given":
      return "boots";
    case "handed-over":
      return "has all files";
    case "back":
      return "began anew";
    case "good":
      return "is up";
  }
}

/** Goes back to the good generation before, or to another one. */
export async function rollback(
  request: SettingsRequest,
  name: string,
  generation: string | undefined,
  json = false,
): Promise<string[]> {
  return steer(request, readTarget(name), { what: "rollback", body: named(generation), json });
}

/** Gives one generation until it is unpinned. */
export async function pin(
  request: SettingsRequest,
  name: string,
  generation: string | undefined,
  json = false,
): Promise<string[]> {
  return steer(request, readTarget(name), { what: "pin", body: named(generation), json });
}

/** Carries out one of the commands that need no more than a name. */
export async function steerPlain(
  request: SettingsRequest,
  name: string,
  what: "unpin" | "promote" | "hold" | "release",
  json = false,
): Promise<string[]> {
  return steer(request, readTarget(name), { what, body: {}, json });
}

/** Gives a generation to the next boot of a host or a machine, and to that alone. */
export async function bootOnce(
  request: SettingsRequest,
  subject: string,
  generation: string,
  json = false,
): Promise<string[]> {
  const client = await connectAdmin(request);
  const { host, mac } = await readMachine(client, subject);
  const body = { generation, ...(mac === undefined ? {} : { mac }) };
  const { rollouts: list } = await client.ask(rollouts, "POST", `rollouts/${host}/once`, body);
  if (json) return [JSON.stringify({ rollouts: list }, undefined, 2)];
  const given = list[0]?.once.findLast((each) => !each.taken && each.mac === mac)?.generation ?? generation;
  return [`The next boot of ${mac ?? host} gets ${given}, and the one after that what every boot gets.`];
}

/** Takes that back. */
export async function cancelOnce(request: SettingsRequest, subject: string, json = false): Promise<string[]> {
  const client = await connectAdmin(request);
  const { host, mac } = await readMachine(client, subject);
  const query = mac === undefined ? "" : `?mac=${mac}`;
  const { rollouts: list } = await client.ask(rollouts, "DELETE", `rollouts/${host}/once${query}`);
  if (json) return [JSON.stringify({ rollouts: list }, undefined, 2)];
  return [`The next boot of ${mac ?? host} gets what every boot gets.`];
}

interface Steering {
  readonly what: string;
  readonly body: object;
  readonly json: boolean;
}

async function steer(
  request: SettingsRequest,
  name: string,
  { what, body, json }: Steering,
): Promise<string[]> {
  const client = await connectAdmin(request);
  const { rollouts: list } = await client.ask(rollouts, "POST", `rollouts/${name}/${what}`, body);
  if (json) return [JSON.stringify({ rollouts: list }, undefined, 2)];
  return list.map(({ host, gives, because }) => {
    const why = because === undefined ? "" : `: ${because}`;
    return gives === undefined ? `${host} gets nothing yet.` : `${host} gets ${gives}${why}.`;
  });
}

function named(generation: string | undefined): object {
  return generation === undefined ? {} : { generation };
}

function readTarget(name: string): string {
  if (isHostName(name)) return name;
  throw new ConfigError([{ place: "HOST|GROUP", read: quote(name), want: WANT_TARGET }]);
}

/** A host's name may look like a MAC address with hyphens: then it is that machine's all the same. */
async function readMachine(
  client: AdminClient,
  subject: string,
): Promise<{ readonly host: string; readonly mac?: string }> {
  const mac = parseMac(subject);
  if (mac === undefined && isHostName(subject)) return { host: subject };
  if (mac === undefined)
    throw new ConfigError([{ place: "HOST|MAC", read: quote(subject), want: WANT_MACHINE }]);
  const { rollouts: list } = await client.ask(rollouts, "GET", `machines/${mac}/rollout`);
  return { host: list[0]?.host ?? "", mac };
}
