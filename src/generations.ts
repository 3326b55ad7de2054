/** Starts what is remembered of generations: their records, how their boots went, what they consist of. */

import { type ClosureFacts, startClosureFacts } from "./io/history/closure-facts.ts";
import { createClosures } from "./io/history/closures.ts";
import { type History, startHistory } from "./io/history/history.ts";
import type { Store } from "./io/store/store.ts";
import type { World } from "./io/world.ts";

export interface Generations {
  readonly history: History;
  readonly facts: ClosureFacts;
  close(): Promise<void>;
}

/** Takes down every generation that is published from now on. */
export function startGenerations(world: World, store: Store): Generations {
  const history = startHistory({ world, store });
  const onError = (error: unknown) => world.record({ type: "bug", via: "facts of a generation", error });
  const facts = startClosureFacts({ history, closures: createClosures(store), onError });
  return {
    history,
    facts,
    async close() {
      await facts.close();
      await history.close();
    },
  };
}
