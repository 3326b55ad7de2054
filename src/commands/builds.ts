/** `mayfly builds`: what was built last for each host, or for one of them with the end of nix's log. */

import type { SettingsRequest } from "../config/load.ts";
import type { BuildView, PlanView } from "../web/schema/builds.ts";
import { anySide } from "./build-sides.ts";
import type { ListOptions } from "./machines.ts";
import { type Column, formatAgo, formatTable } from "./table.ts";

export async function listBuilds(
  request: SettingsRequest,
  host: string | undefined,
  { json, width, now = Date.now }: ListOptions,
): Promise<string[]> {
  const side = await anySide(request);
  try {
    if (host !== undefined) return buildsOf(host, await side.last(host), { json, nowMs: now() });
    const hosts = await side.plans();
    if (json) return [JSON.stringify({ hosts }, undefined, 2)];
    if (hosts.length === 0) return ["No host has a flake."];
    return formatTable(
      PLAN_COLUMNS,
      hosts.map((plan) => ({ plan, nowMs: now() })),
      width,
    );
  } finally {
    await side.close();
  }
}

function buildsOf(
  host: string,
  builds: readonly BuildView[],
  { json, nowMs }: { readonly json: boolean; readonly nowMs: number },
): string[] {
  if (json) return [JSON.stringify({ builds }, undefined, 2)];
  const [last] = builds;
  if (last === undefined) return [`${host} was never built.`];
  const lines = builds.map((build) => `${formatAgo(Date.parse(build.queued), nowMs)}: ${build.text}`);
  // The last one that did not go well is what somebody looks for.
  const worst = builds.find(({ state }) => state === "failed" || state === "timed-out");
  const shown = worst ?? last;
  if (shown.log.length === 0) return lines;
  const title = `The end of nix's log, ${formatAgo(Date.parse(shown.queued), nowMs)}:`;
  return [...lines, "", title, ...shown.log.map((line) => `  ${line}`)];
}

interface Row {
  readonly plan: PlanView;
  readonly nowMs: number;
}

const PLAN_COLUMNS: readonly Column<Row>[] = [
  { title: "HOST", text: ({ plan }) => plan.host },
  { title: "STATE", text: ({ plan }) => plan.last?.state ?? "" },
  {
    title: "WHEN",
    text: ({ plan, nowMs }) =>
      plan.last === undefined ? "" : formatAgo(Date.parse(plan.last.queued), nowMs),
  },
  { title: "NEXT", text: ({ plan }) => plan.next ?? "" },
  { title: "FLAKE", text: ({ plan }) => plan.installable },
  { title: "WHAT", text: ({ plan }) => plan.last?.text ?? "" },
];
