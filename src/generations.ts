/** Starts what is remembered of generations: their records, how their boots went, what they consist of. */

import type { Generation } from "./boot/generation.ts";
import type { HostName } from "./boot/host.ts";
import { type ClosureFacts, startClosureFacts } from "./io/history/closure-facts.ts";
import { type History, startHistory } from "./io/history/history.ts";
import { createInside, type Inside } from "./io/history/inside.ts";
import { createLineLists } from "./io/history/line-lists.ts";
import { createNixosVersions } from "./io/history/nixos-versions.ts";
import type { Store } from "./io/store/store.ts";
import type { World } from "./io/world.ts";

/** Under which kinds the store has them. */
const CLOSURES = "generation-closure";
const SERVICES = "generation-service";

export interface Generations {
  readonly history: History;
  readonly facts: ClosureFacts;
  readonly inside: Inside;
  /** Which NixOS it is, where that is known. */
  nixosOf(generation: Generation): string | undefined;
  close(): Promise<void>;
}

/**
 * Takes down every generation that is published from now on.
 *
 * @param flakeOf - what `nix build` is given for a host; `undefined` where it names no flake
 */
export function startGenerations(
  world: World,
  store: Store,
  flakeOf: (host: HostName) => string | undefined,
): Generations {
  const history = startHistory({ world, store });
  const onError = (error: unknown) => world.record({ type: "bug", via: "facts of a generation", error });
  const inside = createInside({ lists: createLineLists(store, SERVICES), flakeOf });
  const { remember } = inside;
  const closures = createLineLists(store, CLOSURES);
  const versions = createNixosVersions(world);
  const learning: History = {
    ...history,
    async learn(image, number, found) {
      await history.learn(image, number, found);
      const record = await history.byNumber(image, number);
      if (record !== undefined) versions.enter(record);
    },
  };
  history.onRecord(versions.enter);
  const facts = startClosureFacts({ history: learning, closures, remember, onError });
  return {
    history,
    facts,
    inside,
    nixosOf: versions.of,
    async close() {
      versions.close();
      await inside.close();
      await facts.close();
      await history.close();
    },
  };
}
