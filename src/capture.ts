/** Lets what passes the server's sockets be recorded. */

import { networkInterfaces } from "node:os";
import { createWiretap, type Wiretap } from "./io/capture/wiretap.ts";
import type { Attribution } from "./io/ladder/attribution.ts";
import type { World } from "./io/world.ts";

export function createCapture(world: World, { whose }: Pick<Attribution, "whose">): Wiretap {
  return createWiretap({ world, whose, ownMacs });
}

const NONE = "00:00:00:00:00:00";

function ownMacs(): ReadonlyMap<string, string> {
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return new Map(all.flatMap(({ address, mac }) => (mac === NONE ? [] : [[address, mac] as const])));
}
