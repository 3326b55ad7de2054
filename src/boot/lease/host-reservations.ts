/** The reservations as the world has them: with the machines that were approved while the server ran. */

import type { Host, HostName } from "../host.ts";
import type { Reservation } from "./subnet.ts";

/**
 * Gives each host's reservation all machines of that host: those of the configuration, those that the
 * operator approved, and the one that an entry of the media folder is named after.
 *
 * @param hosts - as in a snapshot
 */
export function hostReservations(
  reservations: readonly Reservation[],
  hosts: Iterable<Pick<Host, "name" | "macs" | "uuids" | "serials">>,
): Reservation[] {
  const byName = new Map<HostName, Pick<Host, "macs" | "uuids" | "serials">>();
  for (const host of hosts) byName.set(host.name, host);
  const configured = reservations.map((reservation) => {
    const host = reservation.host === undefined ? undefined : byName.get(reservation.host);
    if (reservation.host !== undefined) byName.delete(reservation.host);
    return host === undefined ? reservation : { ...reservation, ...union(reservation, host) };
  });
  const others = [...byName].map(([host, { macs, uuids, serials }]) => ({
    host,
    macs,
    uuids,
    serials,
    clientIds: [],
    addresses: [],
    options: new Map(),
  }));
  return [...configured, ...others];
}

type Identities = Pick<Reservation, "macs" | "uuids" | "serials">;

function union(a: Identities, b: Identities): Identities {
  return {
    macs: [...new Set([...a.macs, ...b.macs])],
    uuids: [...new Set([...a.uuids, ...b.uuids])],
    serials: [...new Set([...a.serials, ...b.serials])],
  };
}
