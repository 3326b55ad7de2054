/**
 * Option 121: routes with their network masks.
 *
 * ```
 *  0 length of the prefix, 0 … 32    1 as many bytes of the network as count (0 … 4)    then 4: the router
 * ```
 *
 * A client that takes it ignores option 3, so a default route has to be among these.
 *
 * @see RFC 3442
 */

import { concat } from "../bytes.ts";
import { WireError } from "../error.ts";
import { decodeIpv4, encodeIpv4, type Ipv4 } from "../net/ipv4.ts";
import { formatIpv4Prefix, type Ipv4Prefix, parseIpv4Prefix } from "../net/ipv4-prefix.ts";

export interface ClasslessRoute {
  readonly destination: Ipv4Prefix;
  /** `0.0.0.0`: on the link itself. */
  readonly router: Ipv4;
}

/**
 * Reads option 121.
 *
 * @throws {@link WireError} `WIRE_BAD_VALUE` for a prefix of more than 32 bits, `WIRE_TRUNCATED`
 */
export function decodeClasslessRoutes(value: Uint8Array): ClasslessRoute[] {
  const routes: ClasslessRoute[] = [];
  let at = 0;
  while (at < value.length) {
    const length = value[at] ?? 0;
    if (length > 32) throw new WireError("WIRE_BAD_VALUE", `a prefix in option 121 has ${length} bits`);
    const significant = Math.ceil(length / 8);
    const routerAt = at + 1 + significant;
    if (routerAt + 4 > value.length) throw new WireError("WIRE_TRUNCATED", "option 121 ends inside a route");
    const bytes = new Uint8Array(4);
    bytes.set(value.subarray(at + 1, routerAt));
    const destination = parseIpv4Prefix(formatIpv4Prefix({ network: decodeIpv4(bytes), length }));
    if (destination !== undefined) routes.push({ destination, router: decodeIpv4(value, routerAt) });
    at = routerAt + 4;
  }
  return routes;
}

/** Writes option 121. The inverse of {@link decodeClasslessRoutes}. */
export function encodeClasslessRoutes(routes: readonly ClasslessRoute[]): Uint8Array {
  return concat(
    routes.map(({ destination: { network, length }, router }) =>
      concat([
        Uint8Array.of(length),
        encodeIpv4(network).subarray(0, Math.ceil(length / 8)),
        encodeIpv4(router),
      ]),
    ),
  );
}
