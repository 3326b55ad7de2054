/** Listens at the served addresses as a server starts, of which one may have gone meanwhile. */

import type { HttpAddress, HttpServer } from "./http-server.ts";

/** What could not be listened at. */
export interface Unheard {
  readonly hosts: readonly string[];
  /** The first error. */
  readonly error: unknown;
}

/**
 * Listens at these addresses beside those of the machine itself.
 *
 * @param own - listened at already
 * @returns what could not be listened at while machines are served elsewhere, or may be when an address is back
 * @throws the first error of `listen`, when no served address is listened at, and not because it has gone
 */
export async function listenWhereAble(
  server: Pick<HttpServer, "addresses" | "setAddresses">,
  own: HttpAddress,
  served: readonly HttpAddress[],
): Promise<Unheard | undefined> {
  try {
    await server.setAddresses([own, ...served]);
    return undefined;
  } catch (error) {
    const heard = new Set(server.addresses.map(({ host }) => host));
    const isGone = error instanceof Error && "code" in error && error.code === "EADDRNOTAVAIL";
    const isServing = served.some(({ host }) => heard.has(host));
    if (!heard.has(own.host) || !(isServing || isGone)) throw error;
    return { hosts: served.map(({ host }) => host).filter((host) => !heard.has(host)), error };
  }
}
