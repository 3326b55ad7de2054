/** `mayfly boots --follow`: asks again every second how the boots are, until it is stopped. */

import { setTimeout as delay } from "node:timers/promises";
import type { SettingsRequest } from "../config/load.ts";
import { connectAdmin, NoServerError } from "./admin-client.ts";
import { filterOf, readBoots } from "./boots.ts";
import { createBootsScreen, type ScreenOptions, type ScreenStream } from "./boots-screen.ts";

export interface FollowOptions extends ScreenOptions {
  readonly signal: AbortSignal;
  readonly stream: ScreenStream;
  readonly now?: () => number;
  readonly everyMs?: number;
}

const EVERY_MS = 1000;
const LIMIT = 200;

/** Resolves when it is stopped; a server that is restarted meanwhile is waited for. */
export async function followBoots(
  request: SettingsRequest,
  what: string | undefined,
  { signal, stream, json, now = Date.now, everyMs = EVERY_MS }: FollowOptions,
): Promise<void> {
  const filter = filterOf(what);
  const client = await connectAdmin(request);
  const screen = createBootsScreen(stream, { json });
  let wasThere = false;
  while (!signal.aborted) {
    try {
      screen.show(await readBoots(client, filter, LIMIT), now());
      wasThere = true;
    } catch (error) {
      // Of a server that never answered one wants to know at once.
      if (!wasThere || !(error instanceof NoServerError)) throw error;
    }
    await delay(everyMs, undefined, { signal }).catch(() => {});
  }
}
