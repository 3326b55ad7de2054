/** Follows how machines boot, as long as the configuration wants it known. */

import type { LiveSettings } from "./config/settings.ts";
import { type Sessions, startSessions } from "./io/sessions/sessions.ts";
import type { Store } from "./io/store/store.ts";
import type { World } from "./io/world.ts";

export interface TimelineParts {
  readonly world: World;
  readonly store: Store;
  /** The configuration as it is now, whenever that is. */
  readonly live: { readonly now: LiveSettings };
}

const MS_PER_DAY = 86_400_000;

/** @throws what the store throws */
export function startTimeline({ world, store, live }: TimelineParts): Promise<Sessions> {
  return startSessions({ world, store, keepMs: () => live.now.keepSessionsDays * MS_PER_DAY });
}
