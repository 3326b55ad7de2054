/** Opens the leases of a server that gives addresses, or that says which it would give. */

import { hostReservations } from "./boot/lease/host-reservations.ts";
import { type SubnetTable, subnetTable } from "./boot/lease/subnet.ts";
import type { LiveSettings, Settings } from "./config/settings.ts";
import { type LeaseKeeper, openLeases } from "./io/dhcp/lease-keeper.ts";
import type { Store } from "./io/store/store.ts";
import type { World } from "./io/world.ts";

/**
 * @param live - the configuration as it is now, whenever that is
 * @returns `undefined` in a mode in which other servers give the addresses
 * @throws what the store throws
 */
export async function startLeases(
  world: World,
  { dhcp }: Pick<Settings, "dhcp">,
  live: { readonly now: LiveSettings },
  store: Store,
): Promise<LeaseKeeper | undefined> {
  const observes = dhcp === "observe" && live.now.subnets.length > 0;
  if (dhcp !== "authoritative" && !observes) return undefined;
  const leases = await openLeases(observes ? readOnly(store) : store, createTable(world, live), Date.now());
  for (const address of leases.unread) {
    world.record({
      type: "notice",
      level: "warn",
      text: `what is kept about the address ${address} is no lease, and does not count`,
    });
  }
  return leases;
}

/** The table of what is given, made anew when the configuration or the hosts are others than the last time. */
function createTable(world: World, live: { readonly now: LiveSettings }): () => SubnetTable {
  const make = () => {
    const { hosts } = world.snapshot();
    const { subnets, reservations } = live.now;
    const table = subnetTable(subnets, hostReservations(reservations, hosts.values()));
    return { hosts, settings: live.now, table };
  };
  let made = make();
  return () => {
    if (made.hosts !== world.snapshot().hosts || made.settings !== live.now) made = make();
    return made.table;
  };
}

/** Who only watches knows the leases that there are, and does not change them. */
function readOnly(store: Store): Store {
  return { ...store, put: async () => {} };
}
