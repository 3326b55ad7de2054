/** `mayfly machines`, `approve`, `unapprove` and `forget`: who has asked, and who each of them is. */

import { isHostName } from "../boot/hosts.ts";
import type { SettingsRequest } from "../config/load.ts";
import { ConfigError, quote } from "../config/mistake.ts";
import { WANT } from "../config/raw.ts";
import { approval, type MachineView, machines, removal } from "../web/schema/machines.ts";
import { connectAdmin, readMac } from "./admin-client.ts";
import { readPages } from "./pages.ts";
import { type Column, formatAgo, formatTable } from "./table.ts";

export interface ListOptions {
  readonly json: boolean;
  /** Columns of the terminal, if it is one. */
  readonly width?: number;
  readonly now?: () => number;
}

/** Lists machines that have asked: those that no host names, or all. */
export async function listMachines(
  request: SettingsRequest,
  { all, json, width, now = Date.now }: ListOptions & { readonly all: boolean },
): Promise<string[]> {
  const client = await connectAdmin(request);
  const pages = await readPages(client, machines, all ? "machines" : "machines?known=false");
  const total = pages[0]?.total ?? 0;
  const list = pages.flatMap((page) => page.machines);
  if (json) return [JSON.stringify({ total, machines: list }, undefined, 2)];
  if (list.length === 0) {
    return [all ? "No machine has asked yet." : "No machine has asked that no host names."];
  }
  const columns = all ? [MAC, HOST, ...COLUMNS] : [MAC, ...COLUMNS];
  const table = formatTable(
    columns,
    list.map((machine) => ({ machine, nowMs: now() })),
    width,
  );
  return all ? table : [...table, "", "'mayfly approve MAC NAME' says which host one of them is."];
}

interface Row {
  readonly machine: MachineView;
  readonly nowMs: number;
}

const MAC: Column<Row> = { title: "MAC", text: ({ machine }) => machine.mac };
const HOST: Column<Row> = { title: "HOST", text: ({ machine }) => machine.host ?? "" };
const COLUMNS: readonly Column<Row>[] = [
  { title: "LAST SEEN", text: ({ machine, nowMs }) => formatAgo(Date.parse(machine.lastSeen), nowMs) },
  { title: "CAME", text: ({ machine }) => `${machine.visits}×` },
  { title: "WAS TOLD", text: ({ machine }) => machine.told.text },
  { title: "ARCH", text: ({ machine }) => machine.arch ?? "" },
  { title: "VENDOR", text: ({ machine }) => machine.vendor ?? "" },
  {
    title: "MACHINE",
    text: ({ machine }) => [machine.manufacturer, machine.product].filter(Boolean).join(" "),
  },
  { title: "SERIAL", text: ({ machine }) => machine.serial ?? "" },
  { title: "CARD", text: ({ machine }) => machine.nic ?? "" },
  { title: "ADDRESS", text: ({ machine }) => machine.address ?? "" },
  { title: "UUID", text: ({ machine }) => machine.uuid ?? "" },
];

/** Says which host a machine is; it counts from now on, and after a restart too. */
export async function approve(
  request: SettingsRequest,
  mac: string,
  host: string,
  json = false,
): Promise<string[]> {
  if (!isHostName(host)) throw new ConfigError([{ place: "HOST", read: quote(host), want: WANT.hostName }]);
  const body = { host };
  const path = `machines/${readMac(mac)}/approve`;
  const done = await (await connectAdmin(request)).ask(approval, "POST", path, body);
  if (json) return [JSON.stringify(done, undefined, 2)];
  const before = done.before === undefined ? "" : ` (it was ${done.before})`;
  return [`${done.mac} is ${done.host} from now on${before}.`, ...done.notes];
}

/** Takes an approval back. */
export async function unapprove(request: SettingsRequest, mac: string, json = false): Promise<string[]> {
  const path = `machines/${readMac(mac)}/approve`;
  const done = await (await connectAdmin(request)).ask(removal, "DELETE", path);
  if (json) return [JSON.stringify(done, undefined, 2)];
  return [`${done.mac} is no longer approved as ${done.host}.`];
}

/** Forgets a machine: that it was seen, and that it was approved. */
export async function forget(request: SettingsRequest, mac: string, json = false): Promise<string[]> {
  const done = await (await connectAdmin(request)).ask(removal, "DELETE", `machines/${readMac(mac)}`);
  if (json) return [JSON.stringify(done, undefined, 2)];
  const approved = done.host === undefined ? "" : `, and no longer approved as ${done.host}`;
  return [`${done.mac} is forgotten until it asks again${approved}.`];
}
