/** `mayfly events`: what happens on a running server, as it happens, until it is stopped. */

import { setTimeout as delay } from "node:timers/promises";
import type { HostName } from "../boot/host.ts";
import { isHostName } from "../boot/hosts.ts";
import type { SettingsRequest } from "../config/load.ts";
import { ConfigError, quote } from "../config/mistake.ts";
import { createStreamReader } from "../web/events/read-stream.ts";
import { type PublicEvent, publicEvent, unknownTypes, WANT_TYPES } from "../web/schema/events.ts";
import { type Mac, parseMac } from "../wire/net/mac.ts";
import { type AdminClient, connectAdmin, isAway } from "./admin-client.ts";
import { expectHost } from "./known-host.ts";
import { LOST, ownLine, timeOf } from "./own-line.ts";
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
  /** How long nothing may come until the connection counts as dead; absent: by what the server promises. */
  readonly patienceMs?: number;
}

const RETRY_MS = 2000;
/** Until the server has said how often there is a sign of life. */
const FIRST_PATIENCE_MS = 30_000;
/** Of two signs of life one may be late. */
const PATIENCE = 2.5;

/**
 * Resolves when it is stopped; a server that is restarted meanwhile, or falls silent, is waited for.
 *
 * @throws what keeps it from beginning
 */
export async function followEvents(request: SettingsRequest, options: EventsOptions): Promise<void> {
  const { signal, retryMs = RETRY_MS } = options;
  const who = readWho(options.who);
  const query = new URLSearchParams({ ...readTypes(options.types), ...who });
  const path = query.size === 0 ? "events" : `events?${query}`;
  const client = await connectAdmin(request);
  if (who.host !== undefined) await expectHost(client, who.host);
  const place: Place = { isTold: true };
  while (!signal.aborted) {
    try {
      await listen(client, path, place, options);
    } catch (error) {
      if (signal.aborted) return;
      // Of a server that never answered one wants to know at once.
      if (place.lastId === undefined || !isAway(error)) throw error;
    }
    if (signal.aborted) return;
    if (!place.isTold && !options.json) options.print(ownLine(new Date(), LOST));
    place.isTold = true;
    await delay(retryMs, undefined, { signal }).catch(() => {});
  }
}

interface Place {
  lastId?: string;
  /** Whether it was said that the connection is lost, or there was none yet. */
  isTold: boolean;
}

async function listen(
  client: AdminClient,
  path: string,
  place: Place,
  { signal, json, print, width, patienceMs }: EventsOptions,
): Promise<void> {
  const read = createStreamReader();
  const silence = createSilence(patienceMs ?? FIRST_PATIENCE_MS);
  try {
    for await (const text of client.stream(path, place.lastId, AbortSignal.any([signal, silence.signal]))) {
      silence.heard();
      place.isTold = false;
      for (const { id, data } of read(text)) {
        if (id !== undefined) place.lastId = id;
        const event = data === undefined ? undefined : parse(data);
        if (event?.type === "hello") silence.heard(patienceMs ?? event.aliveEverySeconds * 1000 * PATIENCE);
        const line = data === undefined ? undefined : json ? jsonLine(data, event) : textOf(event);
        if (line === undefined) continue;
        for (const part of json ? [line] : wrapText(line, TIME_WIDTH, width?.())) print(part);
      }
    }
  } finally {
    silence.end();
  }
}

interface Silence {
  /** Aborted when nothing was heard for too long: a dead host closes no connection. */
  readonly signal: AbortSignal;
  /** @param ms - how long nothing may come from now on; absent: as before */
  heard(ms?: number): void;
  end(): void;
}

function createSilence(firstMs: number): Silence {
  const controller = new AbortController();
  let patienceMs = firstMs;
  const give = () => controller.abort(new Error(`nothing within ${patienceMs / 1000} s`));
  let timer = setTimeout(give, patienceMs);
  return {
    signal: controller.signal,
    heard(ms = patienceMs) {
      patienceMs = ms;
      clearTimeout(timer);
      timer = setTimeout(give, patienceMs);
    },
    end: () => clearTimeout(timer),
  };
}

/** @returns `undefined` for what a newer server tells */
function parse(data: string): PublicEvent | undefined {
  return publicEvent.safeParse(JSON.parse(data)).data;
}

/** A sign of life is no event. */
function jsonLine(data: string, event: PublicEvent | undefined): string | undefined {
  return event?.type === "alive" ? undefined : data;
}

/** What goes on does so behind the time. */
const TIME_WIDTH = "00:00:00  ".length;

/** As the log has it. */
function textOf(event: PublicEvent | undefined): string | undefined {
  if (event?.type === "gap") return ownLine(new Date(event.at), "some events were lost");
  if (event === undefined || !("text" in event)) return undefined;
  // What a machine says of itself is not to be trusted with a terminal.
  return `${timeOf(new Date(event.at))}  ${event.level === "warn" ? "! " : ""}${event.text.replaceAll(/\p{Cc}/gu, "?")}`;
}

/** Whom the events are to concern. @throws {@link ConfigError} */
function readWho(who: string | undefined): { readonly mac?: Mac; readonly host?: HostName } {
  if (who === undefined) return {};
  const mac = parseMac(who);
  if (mac !== undefined) return { mac };
  if (isHostName(who)) return { host: who };
  throw new ConfigError([{ place: "HOST", read: quote(who), want: "a host's name, or a MAC address" }]);
}

/** Of a type that there is not nothing would ever come. @throws {@link ConfigError} */
function readTypes(types: string | undefined): { readonly types?: string } {
  if (types === undefined) return {};
  if (unknownTypes(types).length === 0) return { types };
  throw new ConfigError([{ place: "--types", read: quote(types), want: WANT_TYPES }]);
}
