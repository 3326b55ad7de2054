/** `mayfly events`: what happens on a running server, as it happens, until it is stopped. */

import { setTimeout as delay } from "node:timers/promises";
import { isHostName } from "../boot/hosts.ts";
import type { SettingsRequest } from "../config/load.ts";
import { ConfigError, quote } from "../config/mistake.ts";
import { createStreamReader } from "../web/events/read-stream.ts";
import { type PublicEvent, publicEvent } from "../web/schema/events.ts";
import { parseMac } from "../wire/net/mac.ts";
import { type AdminClient, connectAdmin, NoServerError } from "./admin-client.ts";
import { wrapText } from "./wrap-text.ts";

export interface EventsOptions {
  /** A host's name, or a MAC address in any spelling; absent: all of them. */
  readonly who?: string;
  /** Separated by commas; absent: all of them. */
  readonly types?: string;
  /** A line of JSON for each, with all that is known. */
  readonly json: boolean;
  readonly signal: AbortSignal;
  readonly print: (line: string) => void;
  /** Of the terminal as it is now, in characters; absent: there is none. */
  readonly width?: () => number | undefined;
  readonly retryMs?: number;
}

const RETRY_MS = 2000;

/**
 * Resolves when it is stopped; a server that is restarted meanwhile is waited for.
 *
 * @throws what keeps it from beginning
 */
export async function followEvents(request: SettingsRequest, options: EventsOptions): Promise<void> {
  const { signal, retryMs = RETRY_MS } = options;
  const path = `events${queryOf(options)}`;
  const client = await connectAdmin(request);
  const place: { lastId?: string } = {};
  while (!signal.aborted) {
    try {
      await listen(client, path, place, options);
    } catch (error) {
      if (signal.aborted) return;
      // Of a server that never answered one wants to know at once.
      if (place.lastId === undefined || !(error instanceof NoServerError)) throw error;
    }
    await delay(retryMs, undefined, { signal }).catch(() => {});
  }
}

async function listen(
  client: AdminClient,
  path: string,
  place: { lastId?: string },
  { signal, json, print, width }: EventsOptions,
): Promise<void> {
  const read = createStreamReader();
  for await (const text of client.stream(path, place.lastId, signal)) {
    for (const { id, data } of read(text)) {
      if (id !== undefined) place.lastId = id;
      const line = data === undefined ? undefined : lineOf(data, json);
      if (line === undefined) continue;
      for (const part of json ? [line] : wrapText(line, TIME_WIDTH, width?.())) print(part);
    }
  }
}

function lineOf(data: string, json: boolean): string | undefined {
  if (json) return data;
  const event = publicEvent.safeParse(JSON.parse(data)).data;
  return event === undefined ? undefined : textOf(event);
}

/** What goes on does so behind the time. */
const TIME_WIDTH = "00:00:00  ".length;

/** As the log has it. */
function textOf(event: PublicEvent): string | undefined {
  const time = new Date(event.at).toTimeString().slice(0, 8);
  if (event.type === "gap") return `${time}  - some events were lost -`;
  if (!("text" in event)) return undefined;
  // What a machine says of itself is not to be trusted with a terminal.
  return `${time}  ${event.level === "warn" ? "! " : ""}${event.text.replaceAll(/\p{Cc}/gu, "?")}`;
}

function queryOf({ who, types }: EventsOptions): string {
  const query = new URLSearchParams(types === undefined ? {} : { types });
  if (who !== undefined) {
    const mac = parseMac(who);
    if (mac === undefined && !isHostName(who)) {
      throw new ConfigError([{ place: "HOST", read: quote(who), want: "a host's name, or a MAC address" }]);
    }
    query.set(mac === undefined ? "host" : "mac", mac ?? who);
  }
  return query.size === 0 ? "" : `?${query}`;
}
