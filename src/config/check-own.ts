/** Checks that the server's own addresses are neither in a pool nor reserved: needs to know its interfaces. */

import { poolHas } from "../boot/lease/subnet.ts";
import type { Ipv4 } from "../wire/net/ipv4.ts";
import { formatPath, type Mistake, quote } from "./mistake.ts";
import type { LiveSettings, Settings } from "./settings.ts";

/**
 * The mistakes about the server's own addresses. A pool that the operator did not name goes around them.
 *
 * @param own - every IPv4 address of this machine
 * @param file - the configuration file, as the operator knows it
 */
export function ownAddressMistakes(
  { dhcp, live }: Pick<Settings, "dhcp"> & { readonly live: Pick<LiveSettings, "subnets" | "reservations"> },
  own: readonly Ipv4[],
  file: string,
): Mistake[] {
  if (dhcp === "proxy" || dhcp === "off") return [];
  const inPools = live.subnets.flatMap((subnet, i) =>
    subnet.hasDefaultPool === true
      ? []
      : subnet.pools.flatMap((pool, j) =>
          own
            .filter((address) => poolHas(pool, address))
            .map((address) => ({
              place: file,
              key: formatPath(["subnets", i, "pools", j]),
              read: quote(`${pool.first}-${pool.last}`),
              want: `a range without ${address}, which is this server's own address`,
            })),
        ),
  );
  const reserved = live.reservations.flatMap(({ host, addresses }) =>
    addresses
      .filter((address) => own.includes(address))
      .map((address) => ({
        place: file,
        key: host === undefined ? `the reservation of ${address}` : formatPath(["hosts", host, "address"]),
        read: quote(address),
        want: "another address: this is the server's own",
      })),
  );
  return [...inPools, ...reserved];
}
