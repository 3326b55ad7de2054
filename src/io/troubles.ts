/** Tells what keeps something from being kept or read: each trouble once, its end, and again only when it was over in between. */

import { cureOf } from "../boot/cure.ts";
import type { World } from "./world.ts";

export interface Troubles {
  /**
   * Says how `what` went the last time.
   *
   * @param what - what suffers, as in `which machines were seen cannot be kept`
   * @param error - with its `cure`, if it has one; `undefined`: all is well
   */
  set(what: string, error: unknown): void;
}

export function createTroubles(world: Pick<World, "record">): Troubles {
  const last = new Map<string, string>();
  return {
    set(what, error) {
      const why = error === undefined ? "" : error instanceof Error ? error.message : String(error);
      if (why === (last.get(what) ?? "")) return;
      last.set(what, why);
      if (why === "") {
        world.record({
          type: "notice",
          level: "info",
          text: `over: ${what}`,
          trouble: what,
          isOver: true,
        });
        return;
      }
      const cure = cureOf(error);
      world.record({
        ...{ type: "notice", level: "warn", text: `${what}: ${why}`, trouble: what },
        ...(cure === undefined ? {} : { cure }),
      });
    },
  };
}
