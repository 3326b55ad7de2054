/** Single values of the configuration: from the text that people write to the form used inside. */

import { parseIpv4 } from "../wire/net/ipv4.ts";
import type { SocketAddress } from "./settings.ts";

/**
 * Reads a UUID with or without hyphens and braces, in any case.
 *
 * @returns lower case with hyphens; `undefined` if it is none, or one that says "I have no UUID"
 */
export function parseUuid(text: string): string | undefined {
  const plain = text
    .trim()
    .toLowerCase()
    .replace(/^\{(.*)\}$/, "$1");
  const match = /^([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})$/.exec(plain);
  if (match === null || /^(0+|f+)$/.test(plain.replaceAll("-", ""))) return undefined;
  return match.slice(1).join("-");
}

/** Reads `HOST:PORT`, `[::1]:PORT` for IPv6; `undefined` if the text is none. */
export function parseSocketAddress(text: string): SocketAddress | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/i.exec(text.trim());
  const port = Number(match?.[3]);
  const host = match?.[1] ?? match?.[2];
  return host === undefined || port > 65535 ? undefined : { host, port };
}

/** A name that can stand in a Host header; an address is one too. */
export function isAdminName(text: string): boolean {
  return /^[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?$/.test(text.trim()) && text.trim().length <= 253;
}

/** An address that one machine can have: no broadcast, no multicast, not "none" and not the machine's own. */
export function isHostAddress(text: string): boolean {
  const first = Number(parseIpv4(text.trim())?.split(".")[0]);
  return first > 0 && first < 224 && first !== 127;
}

/** Kernel parameters as one line: a list joined, the line breaks of folded YAML made spaces. */
export function joinParams(params: string | readonly string[]): string {
  const parts = typeof params === "string" ? [params] : params;
  return parts
    .map((part) => part.trim().replaceAll(/\s*\n\s*/g, " "))
    .filter((part) => part !== "")
    .join(" ");
}

/** An address that can be asked over HTTP. */
export function isHttpUrl(text: string): boolean {
  const url = URL.parse(text.trim());
  return url !== null && /^https?:$/.test(url.protocol) && url.hostname !== "" && url.username === "";
}

/** @see RFC 9110 §5.6.2 */
export function isHeaderName(text: string): boolean {
  return /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(text);
}

/** Text that can stand in a header: visible ASCII, and spaces or tabs between. @see RFC 9110 §5.5 */
export function isHeaderText(text: string): boolean {
  return /^[\x20-\x7e\t]*$/.test(text);
}
