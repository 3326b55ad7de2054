/** Follows how machines boot, as long as the configuration wants it known. */

import type { LiveSettings } from "./config/settings.ts";
import { type Diagnoses, startDiagnoses } from "./io/sessions/diagnoses.ts";
import { type LastBoots, startLastBoots } from "./io/sessions/last-boots.ts";
import { type Sessions, startSessions } from "./io/sessions/sessions.ts";
import type { Store } from "./io/store/store.ts";
import type { World } from "./io/world.ts";

export interface TimelineParts {
  readonly world: World;
  readonly store: Store;
  /** The configuration as it is now, whenever that is. */
  readonly live: { readonly now: Pick<LiveSettings, "keepSessionsDays"> };
  readonly givesAddresses: boolean;
}

const MS_PER_DAY = 86_400_000;

/** The boots, and what is wrong with them. */
export interface Timeline {
  readonly sessions: Sessions;
  readonly diagnoses: Diagnoses;
  readonly lastBoots: LastBoots;
  close(): Promise<void>;
}

/** @throws what the store throws */
export async function startTimeline({
  world,
  store,
  live,
  givesAddresses,
}: TimelineParts): Promise<Timeline> {
  const keepMs = () => live.now.keepSessionsDays * MS_PER_DAY;
  const sessions = await startSessions({ world, store, keepMs });
  const diagnoses = startDiagnoses({ world, sessions, givesAddresses });
  const lastBoots = startLastBoots({ world, sessions, diagnoses });
  return {
    sessions,
    diagnoses,
    lastBoots,
    async close() {
      await lastBoots.close();
      await diagnoses.close();
      await sessions.close();
    },
  };
}
