/**
 * Keeps web pages out of the admin plane: it is for programs of this machine and for its own page.
 *
 * A browser sends what any page tells it to, to 127.0.0.1 too. A page of another site is known by its
 * Origin; one whose name was made to lead here by Host, which then holds that name (DNS rebinding).
 *
 * @see RFC 6454, RFC 9110 §7.2; Fetch Metadata Request Headers
 */

import { parseIpv4 } from "../wire/net/ipv4.ts";

/** The headers of a request that tell where it comes from. */
export interface RequestOrigin {
  readonly host?: string | undefined;
  readonly origin?: string | undefined;
  readonly site?: string | undefined;
}

/**
 * Says why a request is refused.
 *
 * @returns `undefined` for one that may pass
 */
export function refuseForeign({ host, origin, site }: RequestOrigin): string | undefined {
  if (host === undefined || !isLoopbackHost(host)) {
    return `this address is for the machine that the server runs on, not for Host '${host ?? ""}'`;
  }
  if (origin !== undefined && origin.toLowerCase() !== `http://${host.toLowerCase()}`) {
    return `a page of ${origin} may not ask here`;
  }
  if (site !== undefined && site !== "same-origin" && site !== "none") {
    return "a page of another site may not ask here";
  }
  return undefined;
}

/** Any port, since an SSH tunnel has one of its own. */
function isLoopbackHost(host: string): boolean {
  const name = /^(\[[0-9a-f:.]+\]|[^:]*)(?::\d{1,5})?$/i.exec(host)?.[1]?.toLowerCase();
  if (name === undefined) return false;
  return name === "localhost" || name === "[::1]" || (parseIpv4(name)?.startsWith("127.") ?? false);
}
