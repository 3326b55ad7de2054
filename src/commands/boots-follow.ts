/** `mayfly boots --follow`: asks again every second how the boots are, until it is stopped, or the one that is followed is over. */

import { setTimeout as delay } from "node:timers/promises";
import type { SessionId } from "../boot/session/session.ts";
import type { SettingsRequest } from "../config/load.ts";
import { type SessionRow, sessionRow } from "../web/schema/sessions.ts";
import { type AdminClient, connectAdmin, isAway } from "./admin-client.ts";
import { readBoot, readBoots, subjectOf } from "./boots.ts";
import { createBootsScreen, type ScreenOptions, type ScreenStream } from "./boots-screen.ts";
import { expectHost } from "./known-host.ts";

export interface FollowOptions extends Pick<ScreenOptions, "json"> {
  readonly signal: AbortSignal;
  readonly stream: ScreenStream;
  readonly now?: () => number;
  readonly everyMs?: number;
}

const EVERY_MS = 1000;
const LIMIT = 200;

/**
 * Resolves when it is stopped, or when the one boot that is followed is over; a server that is restarted
 * meanwhile is waited for.
 *
 * @throws what keeps it from beginning, as a host or a boot that the server does not know
 */
export async function followBoots(
  request: SettingsRequest,
  what: string | undefined,
  { signal, stream, json, now = Date.now, everyMs = EVERY_MS }: FollowOptions,
): Promise<void> {
  const subject = subjectOf(what);
  const client = await connectAdmin(request);
  if (subject.type === "host") await expectHost(client, subject.host);
  const isOne = subject.type === "boot";
  const screen = createBootsScreen(stream, { json, showsOver: isOne });
  let isThere: boolean | undefined;
  while (!signal.aborted) {
    try {
      const boots = isOne ? [await readRow(client, subject.id)] : await readBoots(client, subject, LIMIT);
      screen.show(boots, now());
      isThere = true;
      if (isOne && boots.every(({ outcome }) => outcome !== "under-way")) return;
    } catch (error) {
      // Of a server that never answered one wants to know at once.
      if (isThere === undefined || !isAway(error)) throw error;
      if (isThere) screen.lose(now());
      isThere = false;
    }
    await delay(everyMs, undefined, { signal }).catch(() => {});
  }
}

/** One boot as it stands in a list. */
async function readRow(client: AdminClient, id: SessionId): Promise<SessionRow> {
  const boot = await readBoot(client, id);
  return sessionRow.parse({ ...boot, step: boot.steps.at(-1) });
}
