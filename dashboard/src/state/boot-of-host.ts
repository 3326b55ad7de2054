/** The boot of a host that is under way. Pure. */

import type { Boot, State } from "./state.ts";

/** Of several machines with one name the one that began last; `undefined`: none boots. */
export function bootOfHost({ boots, underWay }: State, name: string): Boot | undefined {
  let last: Boot | undefined;
  for (const id of underWay.values()) {
    const boot = boots.get(id);
    if (boot?.host === name && (last === undefined || last.id < boot.id)) last = boot;
  }
  return last;
}
