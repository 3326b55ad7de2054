/**
 * Keeps web pages out of the admin plane: it is for programs and for its own page.
 *
 * A browser sends what any page tells it to, to 127.0.0.1 too. A page of another site is known by its
 * Origin; one whose name was made to lead here by Host, which then holds that name (DNS rebinding).
 *
 * @see RFC 6454, RFC 9110 §7.2; Fetch Metadata Request Headers
 */

import { parseIpv4 } from "../../wire/net/ipv4.ts";

/** What a request wants, and what a browser says of why. */
export interface Fetched {
  readonly method: string;
  readonly path: string;
  readonly origin?: string | undefined;
  readonly site?: string | undefined;
  readonly mode?: string | undefined;
  readonly dest?: string | undefined;
}

/**
 * Whether a person follows a link of another site to a page of ours, as from a message that we sent.
 *
 * That other site sees nothing of what it leads to, and a page changes nothing by being shown; but it must not
 * be shown in a frame, and the API is for no link.
 */
export function isForeignLink({ method, path, origin, site, mode, dest }: Fetched): boolean {
  const isElsewhere = site === "cross-site" || site === "same-site";
  const isShown = method === "GET" && mode === "navigate" && dest === "document" && origin === undefined;
  return isElsewhere && isShown && !path.toLowerCase().startsWith("/api/");
}

/** The headers of a request that tell where it comes from, and our end of its connection. */
export interface RequestOrigin {
  readonly host?: string | undefined;
  readonly origin?: string | undefined;
  /** Absent too of a link that may be followed. */
  readonly site?: string | undefined;
  /** Our address that it came to. */
  readonly local: string;
}

/**
 * Says why a request is refused.
 *
 * @param names - what this machine is called by those who may ask, in lower case; behind a proxy with TLS too
 * @returns `undefined` for one that may pass
 */
export function refuseForeign(
  { host, origin, site, local }: RequestOrigin,
  names: readonly string[] = [],
): string | undefined {
  const called = host === undefined ? undefined : nameOf(host);
  const isNamed = called !== undefined && names.includes(called);
  if (host === undefined || called === undefined || !(isNamed || isOwnAddress(called, local))) {
    return isLoopback(local)
      ? `this address is for the machine that the server runs on, not for Host '${host ?? ""}'`
      : `this server is not called '${host ?? ""}': its address will do, and the names in 'adminNames'`;
  }
  // A proxy speaks TLS for us under a name that the operator has told us.
  const schemes = isNamed ? ["http", "https"] : ["http"];
  if (
    origin !== undefined &&
    !schemes.some((scheme) => origin.toLowerCase() === `${scheme}://${host.toLowerCase()}`)
  ) {
    return `a page of ${origin} may not ask here`;
  }
  if (site !== undefined && site !== "same-origin" && site !== "none") {
    return "a page of another site may not ask here";
  }
  return undefined;
}

/** The name in a Host header, in lower case; any port, since a tunnel has one of its own. */
export function nameOf(host: string): string | undefined {
  return /^(\[[0-9a-f:.]+\]|[^:@/\\?#\s]+)(?::\d{1,5})?$/i.exec(host)?.[1]?.toLowerCase();
}

function isOwnAddress(name: string, local: string): boolean {
  return isLoopback(local) ? isLoopbackName(name) : name === local || name === `[${local}]`;
}

/** Whether a name is this very machine's to itself. */
export function isLoopbackName(name: string): boolean {
  return name === "localhost" || name === "[::1]" || isLoopback(name);
}

export function isLoopback(address: string): boolean {
  return address === "::1" || (parseIpv4(address)?.startsWith("127.") ?? false);
}

/** As IPv4 where it is: a socket that takes both has `::ffff:192.0.2.1`. */
export function plainAddress(address: string | undefined): string {
  return address?.replace(/^::ffff:(?=\d+\.)/i, "") ?? "";
}
