/** `mayfly boots`: how machines have booted, and how they boot now. */

import { formatBytes, formatMs } from "../boot/describe.ts";
import type { HostName } from "../boot/host.ts";
import { isHostName } from "../boot/hosts.ts";
import type { SessionId } from "../boot/session/session.ts";
import { isSessionId } from "../boot/session/session-id.ts";
import type { SettingsRequest } from "../config/load.ts";
import { ConfigError, quote } from "../config/mistake.ts";
import {
  type SessionDetail,
  type SessionRow,
  sessionDetail,
  sessions as sessionPage,
} from "../web/schema/sessions.ts";
import { type Mac, parseMac } from "../wire/net/mac.ts";
import { type AdminClient, connectAdmin } from "./admin-client.ts";
import { bootLines, outcomeText, stageText } from "./boot-text.ts";
import { expectHost } from "./known-host.ts";
import type { ListOptions } from "./machines.ts";
import { type Column, formatAgo, formatTable } from "./table.ts";

export interface BootsOptions extends ListOptions {
  /** How many boots are listed. */
  readonly limit?: number;
}

const LIMIT = 30;
/** So many are handed out at once. */
const PAGE = 250;

/**
 * Lists the last boots, the last one first, or shows all the stages of one.
 *
 * @param what - a host, a MAC address or a boot; absent: the boots of all machines
 * @throws {@link ConfigError} for anything else
 * @throws Error for a host or a boot that the server does not know
 */
export async function listBoots(
  request: SettingsRequest,
  what: string | undefined,
  { json, width, now = Date.now, limit = LIMIT }: BootsOptions,
): Promise<string[]> {
  const subject = subjectOf(what);
  const client = await connectAdmin(request);
  if (subject.type === "boot") {
    const boot = await readBoot(client, subject.id);
    return json ? [JSON.stringify(boot, undefined, 2)] : bootLines(boot, width);
  }
  const list = await readBoots(client, subject, limit);
  if (list.length === 0 && subject.type === "host") await expectHost(client, subject.host);
  if (json) return [JSON.stringify({ sessions: list }, undefined, 2)];
  if (list.length === 0)
    return [what === undefined ? "No machine has booted yet." : `${what} has not booted yet.`];
  const rows = list.map((boot) => ({ boot, nowMs: now() }));
  return formatTable(COLUMNS, rows, width);
}

export function readBoot(client: AdminClient, id: SessionId): Promise<SessionDetail> {
  return client.ask(sessionDetail, "GET", `sessions/${id}`);
}

/** The last boots, at the most so many. */
export async function readBoots(
  client: AdminClient,
  subject: Exclude<Subject, { type: "boot" }>,
  limit: number,
): Promise<readonly SessionRow[]> {
  const filter = filterOf(subject);
  const boots: SessionRow[] = [];
  let cursor: string | undefined;
  do {
    const wanted = `limit=${Math.min(PAGE, limit - boots.length)}`;
    const more = cursor === undefined ? "" : `&cursor=${cursor}`;
    const page = await client.ask(sessionPage, "GET", `sessions?${filter}${wanted}${more}`);
    boots.push(...page.sessions);
    cursor = page.next;
  } while (cursor !== undefined && boots.length < limit);
  return boots;
}

/** Whose boots are wanted, or which one. */
export type Subject =
  | { readonly type: "all" }
  | { readonly type: "mac"; readonly mac: Mac }
  | { readonly type: "host"; readonly host: HostName }
  | { readonly type: "boot"; readonly id: SessionId };

/** Reads the operand. A boot's name would do for a host, too. @throws {@link ConfigError} */
export function subjectOf(what: string | undefined): Subject {
  if (what === undefined) return { type: "all" };
  if (isSessionId(what)) return { type: "boot", id: what };
  const mac = parseMac(what);
  if (mac !== undefined) return { type: "mac", mac };
  if (isHostName(what)) return { type: "host", host: what };
  throw new ConfigError([
    {
      place: "HOST|MAC|BOOT",
      read: quote(what),
      want: "a host, a MAC address, or a boot as 'mayfly boots' names it",
    },
  ]);
}

/** The beginning of a query. */
function filterOf(subject: Exclude<Subject, { type: "boot" }>): string {
  switch (subject.type) {
    case "all":
      return "";
    case "mac":
      return `mac=${subject.mac}&`;
    case "host":
      return `host=${subject.host}&`;
  }
}

interface Row {
  readonly boot: SessionRow;
  readonly nowMs: number;
}

const COLUMNS: readonly Column<Row>[] = [
  { title: "BOOT", text: ({ boot }) => boot.id },
  { title: "HOST", text: ({ boot }) => boot.host ?? "" },
  { title: "BEGAN", text: ({ boot, nowMs }) => formatAgo(Date.parse(boot.start), nowMs) },
  { title: "OUTCOME", text: ({ boot }) => outcomeText(boot) },
  { title: "STAGE", text: ({ boot }) => stageText(boot) },
  {
    title: "FETCHED AFTER",
    text: ({ boot: { fetchedAfterMs } }) => (fetchedAfterMs === undefined ? "" : formatMs(fetchedAfterMs)),
  },
  { title: "SENT", text: ({ boot }) => (boot.sentBytes === 0 ? "" : formatBytes(boot.sentBytes)) },
  { title: "MAC", text: ({ boot }) => boot.mac },
  { title: "ADDRESS", text: ({ boot }) => boot.address ?? "" },
  { title: "GENERATION", text: ({ boot }) => boot.generation ?? "" },
];
