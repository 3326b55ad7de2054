/** `mayfly hosts`: the machines that have a name, what each gets and when it was last seen. */

import type { SettingsRequest } from "../config/load.ts";
import { type HostView, hosts, type LastBootView } from "../web/schema/hosts.ts";
import { connectAdmin } from "./admin-client.ts";
import type { ListOptions } from "./machines.ts";
import { readPages } from "./pages.ts";
import { type Column, formatAgo, formatTable } from "./table.ts";

export async function listHosts(
  request: SettingsRequest,
  { json, width, now = Date.now }: ListOptions,
): Promise<string[]> {
  const client = await connectAdmin(request);
  const list = (await readPages(client, hosts, "hosts")).flatMap((page) => page.hosts);
  if (json) return [JSON.stringify({ hosts: list }, undefined, 2)];
  if (list.length === 0) return ["No host has a name or an image yet."];
  const rows = list
    .toSorted((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }))
    .map((host) => ({ host, nowMs: now() }));
  return formatTable(COLUMNS, rows, width);
}

/** What was approved, as text for the configuration. */
export async function exportHosts(request: SettingsRequest): Promise<string> {
  return (await connectAdmin(request)).text("hosts/export");
}

interface Row {
  readonly host: HostView;
  readonly nowMs: number;
}

/** What a person looks for first stays on a terminal of 80 columns: state, generation and last boot. */
const COLUMNS: readonly Column<Row>[] = [
  { title: "HOST", text: ({ host }) => host.name, least: 17 },
  { title: "STATE", text: ({ host }) => stateText(host), least: 12 },
  { title: "LAST BOOT", text: lastBootText, least: 14 },
  {
    title: "LAST SEEN",
    goes: 3,
    text: ({ host, nowMs }) =>
      host.lastSeen === undefined ? "" : formatAgo(Date.parse(host.lastSeen), nowMs),
  },
  { title: "WAS TOLD", goes: 4, text: ({ host }) => host.told?.text ?? "" },
  { title: "MAC", goes: 2, text: (row) => macText(row.host) },
  { title: "NIXOS", goes: 5, text: ({ host }) => host.generation?.nixos ?? "", least: 14 },
  { title: "LINUX", goes: 6, text: ({ host }) => host.generation?.kernel ?? "" },
  // Its beginning is enough for a command to know it by.
  { title: "GENERATION", text: ({ host }) => host.generation?.id ?? "", least: 16 },
  { title: "BECAUSE", goes: 1, text: ({ host }) => host.because ?? "", least: 20 },
  { title: "IMAGE", goes: 7, text: ({ host }) => (host.image === host.name ? "" : host.image) },
];

/** `up, 3 minutes ago`. */
function lastBootText({ host: { lastBoot }, nowMs }: Row): string {
  if (lastBoot === undefined) return "";
  return `${OUTCOMES[lastBoot.outcome]}, ${formatAgo(Date.parse(lastBoot.start), nowMs)}`;
}

const OUTCOMES: Readonly<Record<LastBootView["outcome"], string>> = {
  "under-way": "under way",
  "handed-over": "handed over",
  "checked-in": "up",
  failed: "failed",
  "turned-away": "turned away",
};

function macText({ macs, approved, isDefault }: HostView): string {
  const shown = macs.map((mac) => (approved.includes(mac) ? `${mac} (approved)` : mac));
  return [...shown, ...(isDefault ? ["all others"] : [])].join(", ");
}

function stateText({ generation, trouble }: HostView): string {
  if (generation === undefined) return trouble === undefined ? "no image yet" : "image broken";
  const ready = generation.limit === undefined ? "ready" : `ready (${generation.limit})`;
  return trouble === undefined ? ready : `${ready}, newer image broken`;
}
