/** `mayfly notify list` and `mayfly notify test`: who is told of what happens, and whether that works. */

import type * as z from "zod";
import { loadSettings, type SettingsRequest } from "../config/load.ts";
import { ConfigError, quote } from "../config/mistake.ts";
import { testTargets } from "../notify.ts";
import { notifications, testResults } from "../web/schema/notifications.ts";
import { connectAdmin, NoServerError } from "./admin-client.ts";
import type { ListOptions } from "./machines.ts";
import { type Column, formatAgo, formatTable } from "./table.ts";

type TargetRow = z.infer<typeof notifications>["targets"][number];
type Result = z.infer<typeof testResults>["results"][number];

const NOBODY =
  "Nobody is told: the configuration has no 'notify:'. As in: notify: { phone: { url: https://ntfy.sh/TOPIC, format: ntfy } }";

export async function listTargets(
  request: SettingsRequest,
  { json, width, now = Date.now }: ListOptions,
): Promise<string[]> {
  const { targets } = await (await connectAdmin(request)).ask(notifications, "GET", "notifications");
  if (json) return [JSON.stringify({ targets }, undefined, 2)];
  return targets.length === 0 ? [NOBODY] : formatTable(columns(now()), targets, width);
}

const columns = (nowMs: number): readonly Column<TargetRow>[] => [
  { title: "NAME", text: ({ name }) => name },
  { title: "FORMAT", text: ({ format }) => format },
  { title: "WAITING", text: ({ waiting }) => (waiting === 0 ? "" : String(waiting)) },
  { title: "LAST", text: ({ last }) => (last === undefined ? "" : formatAgo(Date.parse(last.at), nowMs)) },
  { title: "WENT", text: ({ last }) => (last === undefined ? "" : resultText(last)) },
  { title: "HOSTS", text: ({ hosts }) => (hosts ?? []).join(", ") },
  { title: "EVENTS", text: ({ events }) => events.join(", ") },
];

function resultText({ delivered, said }: { readonly delivered: boolean; readonly said: string }): string {
  return delivered ? "arrived" : said;
}

/** @throws Error when one has not arrived; ConfigError when nothing has that name */
export async function tryTargets(
  request: SettingsRequest,
  name: string | undefined,
  { json, width, print }: ListOptions & { readonly print: (lines: readonly string[]) => void },
): Promise<void> {
  const results = await ask(request, name);
  if (json) print([JSON.stringify({ results }, undefined, 2)]);
  else print(results.length === 0 ? [NOBODY] : formatTable(RESULT_COLUMNS, results, width));
  const lost = results.filter(({ delivered }) => !delivered);
  if (lost.length > 0)
    throw new Error(`no test message arrived at ${lost.map((each) => each.name).join(", ")}`);
}

const RESULT_COLUMNS: readonly Column<Result>[] = [
  { title: "NAME", text: (result) => result.name },
  { title: "ARRIVED", text: ({ delivered }) => (delivered ? "yes" : "no") },
  { title: "TOOK", text: ({ durationMs }) => `${durationMs} ms` },
  { title: "ANSWER", text: ({ said }) => said },
];

/** Has the server try, whose network and files count; where none runs, tries it here. */
async function ask(request: SettingsRequest, name: string | undefined): Promise<readonly Result[]> {
  try {
    const client = await connectAdmin(request);
    const body = name === undefined ? {} : { name };
    return (await client.ask(testResults, "POST", "notifications/test", body)).results;
  } catch (error) {
    const isNamed = (request.flags.admin ?? request.env.MAYFLY_ADMIN ?? "") !== "";
    if (!(error instanceof NoServerError) || isNamed) throw error;
  }
  const { notify } = (await loadSettings(request)).live;
  const wanted = notify.filter((target) => name === undefined || target.name === name);
  if (name !== undefined && wanted.length === 0) {
    const want = notify.map((target) => target.name).join(", ");
    throw new ConfigError([
      { place: "PLACE", read: quote(name), want: want === "" ? "no name: 'notify:' has none" : want },
    ]);
  }
  return (await testTargets(wanted)).map(({ target, isDelivered, said, durationMs }) => ({
    ...{ name: target.name, delivered: isDelivered, said, durationMs },
  }));
}
