/** Opens what must not be forgotten, or goes on without it, and says so. */

import type { BootEvent } from "./boot/event.ts";
import type { Settings } from "./config/settings.ts";
import { createRefusingStore } from "./io/store/refusing-store.ts";
import { openStore } from "./io/store/sqlite-store.ts";
import type { Store } from "./io/store/store.ts";
import { StoreError } from "./io/store/store-error.ts";
import type { World } from "./io/world.ts";

/**
 * Opens the state folder. A server that cannot have it still boots machines: it only keeps nothing, and
 * refuses whatever it would have to keep. One that gives addresses must not start: it would give an
 * address that some machine has already.
 *
 * @throws Error with the cure, with `strict` and in authoritative mode
 */
export async function openState(world: World, { stateFolder, strict, dhcp }: Settings): Promise<Store> {
  try {
    return await openStore(stateFolder);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    if (strict || dhcp === "authoritative")
      throw new Error(`${error.message}; ${error.cure}`, { cause: error });
    const text = `nothing can be kept, and no machine approved: ${error.message}`;
    world.record({ type: "notice", level: "warn", text, cure: error.cure });
    return createRefusingStore(error);
  }
}

export function unreadableApproval(mac: string): BootEvent {
  const text = `the approval of ${mac} cannot be read and does not count`;
  return { type: "notice", level: "warn", text, cure: `'mayfly approve ${mac} NAME' gives it anew` };
}
