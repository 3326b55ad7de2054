/** DHCP options as the operator writes them: by number, each with the value that the registry gives it. */

import { encodeAddresses } from "../wire/dhcp/addresses.ts";
import { encodeClasslessRoutes } from "../wire/dhcp/classless-routes.ts";
import { encodeDomainSearch } from "../wire/dhcp/domain-search.ts";
import { encodeNumber } from "../wire/dhcp/numbers.ts";
import { OPTION, optionName } from "../wire/dhcp/option.ts";
import { type OptionType, optionType } from "../wire/dhcp/option-type.ts";
import { encodeText } from "../wire/dhcp/text.ts";
import { parseIpv4 } from "../wire/net/ipv4.ts";
import { parseIpv4Prefix } from "../wire/net/ipv4-prefix.ts";

/** As YAML and JSON give it: one value, or a list of values. */
export type RawOption = string | number | boolean | readonly (string | number | boolean)[];

/** Options that are part of the protocol itself, or that follow from something else that is configured. */
const OWN: ReadonlySet<number> = new Set<number>([
  OPTION.PAD,
  OPTION.SUBNET_MASK,
  OPTION.REQUESTED_ADDRESS,
  OPTION.LEASE_SECONDS,
  OPTION.OVERLOAD,
  OPTION.MESSAGE_TYPE,
  OPTION.SERVER_ID,
  OPTION.PARAMETER_LIST,
  OPTION.MESSAGE,
  OPTION.MESSAGE_SIZE,
  OPTION.RENEWAL_SECONDS,
  OPTION.REBINDING_SECONDS,
  OPTION.CLIENT_ID,
  OPTION.RELAY_AGENT,
  OPTION.CLIENT_UUID,
  OPTION.SUBNET_SELECTION,
  OPTION.IPXE,
  OPTION.END,
]);

const WANT: Readonly<Record<OptionType, string>> = {
  address: "an IPv4 address",
  addresses: "an IPv4 address, or a list of them",
  text: "text",
  byte: "a number from 0 to 255",
  word: "a number from 0 to 65535",
  seconds: "a number from 0 to 4294967295",
  flag: "true or false",
  domains: "a domain, or a list of them",
  routes: "a list of routes such as 10.1.0.0/16 via 10.0.0.1",
};

export type ReadOption =
  | { readonly value: Uint8Array }
  /** What would have been right, in the words of a mistake. */
  | { readonly want: string };

/** Reads the number of an option that the operator may set; `undefined` if it is none. */
export function parseOptionCode(text: string): number | undefined {
  const code = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
  return code > 0 && code < 255 && !OWN.has(code) ? code : undefined;
}

/** What is wanted where {@link parseOptionCode} finds none. */
export function optionCodeWanted(text: string): string {
  const code = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
  return OWN.has(code)
    ? `another option: ${code} (${optionName(code)}) is set by the server itself`
    : "the number of a DHCP option from 1 to 254";
}

/**
 * Reads the value of an option. Any option may be given as bytes, `hex:0a000009`; one whose layout is
 * known as what it is.
 */
export function readOption(code: number, raw: RawOption): ReadOption {
  const type = optionType(code);
  const bytes = typeof raw === "string" ? parseHex(raw) : undefined;
  if (bytes !== undefined) return { value: bytes };
  const meant = type === undefined ? "" : `${WANT[type]}, or `;
  const want = `for option ${code} (${optionName(code)}) ${meant}its bytes as in 'hex:0a000001'`;
  const items = [raw].flat();
  const value = type === undefined || items.length === 0 ? undefined : encodeAs(type, items);
  return value === undefined || value.length > 1024 ? { want } : { value };
}

function encodeAs(type: OptionType, items: readonly (string | number | boolean)[]): Uint8Array | undefined {
  const texts = items.map(String);
  const [first = ""] = texts;
  const isOne = texts.length === 1;
  switch (type) {
    case "address":
    case "addresses":
      if (type === "address" && !isOne) return undefined;
      return texts.every((text) => parseIpv4(text) !== undefined) ? encodeAddresses(texts) : undefined;
    case "text":
      return isOne && first !== "" && isLatin(first) ? encodeText(first) : undefined;
    case "byte":
      return isOne ? numberOf(first, 1) : undefined;
    case "word":
      return isOne ? numberOf(first, 2) : undefined;
    case "seconds":
      return isOne ? numberOf(first, 4) : undefined;
    case "flag":
      return isOne && /^(true|false)$/.test(first) ? Uint8Array.of(first === "true" ? 1 : 0) : undefined;
    case "domains":
      return texts.every(isDomain) ? encodeDomainSearch(texts) : undefined;
    case "routes":
      return routesOf(texts);
  }
}

function numberOf(text: string, bytes: 1 | 2 | 4): Uint8Array | undefined {
  const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  return number < 256 ** bytes ? encodeNumber(number, bytes) : undefined;
}

function routesOf(texts: readonly string[]): Uint8Array | undefined {
  const routes = texts.flatMap((text) => {
    const match = /^(\S+)\s+via\s+(\S+)$/.exec(text.trim());
    const destination = parseIpv4Prefix(match?.[1] === "default" ? "0.0.0.0/0" : (match?.[1] ?? ""));
    const router = parseIpv4(match?.[2] ?? "");
    return destination === undefined || router === undefined ? [] : [{ destination, router }];
  });
  return routes.length === texts.length ? encodeClasslessRoutes(routes) : undefined;
}

/** Whether the text is a domain as DNS takes it. */
export function isDomain(text: string): boolean {
  const labels = text.replace(/\.$/, "").split(".");
  return text.length <= 253 && labels.every((label) => /^[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})$/.test(label));
}

function isLatin(text: string): boolean {
  return [...text].every((character) => character.charCodeAt(0) > 0 && character.charCodeAt(0) < 256);
}

function parseHex(text: string): Uint8Array | undefined {
  const digits = /^hex:([0-9a-f\s:]*)$/i.exec(text.trim())?.[1]?.replaceAll(/[\s:]/g, "");
  if (digits === undefined || digits.length % 2 !== 0) return undefined;
  return Uint8Array.from(digits.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}
