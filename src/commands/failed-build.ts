/** The last build of a host, where it did not go well: what stands below its generations. */

import { type BuildView, builds } from "../web/schema/builds.ts";
import type { AdminClient } from "./admin-client.ts";
import { formatAgo } from "./table.ts";

/** @returns `undefined` where the last build went well, or there was none */
export async function failedBuild(client: AdminClient, host: string): Promise<BuildView | undefined> {
  const list = await client.ask(builds, "GET", `hosts/${host}/builds?limit=1`);
  return list.builds.find(({ state }) => state === "failed" || state === "timed-out");
}

/** A sentence, and the end of nix's log. */
export function failedBuildLines({ queued, text, log }: BuildView, nowMs: number): string[] {
  const told = `${formatAgo(Date.parse(queued), nowMs)}: ${text}`;
  return ["", told, ...log.map((line) => `  ${line}`)];
}
