/** What makes generations outlast their links, the collector and this server. */

import type { LiveSettings, Settings } from "./config/settings.ts";
import type { Keeping, Remembered } from "./io/images/keeping.ts";
import { createGcRoots } from "./io/keeping/gc-roots.ts";
import type { Store } from "./io/store/store.ts";
import type { World } from "./io/world.ts";

export interface KeepingParts {
  readonly world: World;
  readonly settings: Pick<Settings, "stateFolder" | "storeFolder">;
  /** The configuration as it is now, whenever that is. */
  readonly live: { readonly now: LiveSettings };
  readonly store: Pick<Store, "refuses">;
  readonly remembered?: Remembered;
}

/**
 * Without a state folder of its own a server keeps nothing beyond what it holds open: the roots and the
 * copies that are there may be another server's.
 */
export function startKeeping({ world, settings, live, store, remembered }: KeepingParts): Keeping {
  const rollbackDepth = () => live.now.rollbackDepth;
  if (store.refuses !== undefined) return { rollbackDepth };
  const { stateFolder } = settings;
  const roots = createGcRoots({
    stateFolder,
    env: process.env,
    tell: (notice) => world.record({ type: "notice", ...notice }),
  });
  return { rollbackDepth, roots, ...(remembered === undefined ? {} : { remembered }) };
}
