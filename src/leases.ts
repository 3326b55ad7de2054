/** Opens the leases of a server that gives addresses, or that says which it would give. */

import { subnetTable } from "./boot/lease/subnet.ts";
import type { LiveSettings, Settings } from "./config/settings.ts";
import { type LeaseKeeper, openLeases } from "./io/dhcp/lease-keeper.ts";
import type { Store } from "./io/store/store.ts";
import type { World } from "./io/world.ts";

/**
 * @returns `undefined` in a mode in which other servers give the addresses
 * @throws what the store throws
 */
export async function startLeases(
  world: World,
  { dhcp, live }: Settings,
  store: Store,
): Promise<LeaseKeeper | undefined> {
  const observes = dhcp === "observe" && live.subnets.length > 0;
  if (dhcp !== "authoritative" && !observes) return undefined;
  const leases = await openLeases(observes ? readOnly(store) : store, tableOf(live));
  for (const address of leases.unread) {
    world.record({
      type: "notice",
      level: "warn",
      text: `what is kept about the address ${address} is no lease, and does not count`,
    });
  }
  return leases;
}

/** Takes over an edited configuration. */
export function configureLeases(leases: LeaseKeeper | undefined, live: LiveSettings): void {
  leases?.setTable(tableOf(live));
}

function tableOf({ subnets, reservations }: LiveSettings) {
  return subnetTable(subnets, reservations);
}

/** Who only watches knows the leases that there are, and does not change them. */
function readOnly(store: Store): Store {
  return { ...store, put: async () => {} };
}
