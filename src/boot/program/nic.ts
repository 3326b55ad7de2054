/** Network cards, as far as they decide which boot program a machine gets: by MAC address, or by the chip. */

import type { Mac } from "../../wire/net/mac.ts";
import type { ProgramWish } from "./program-wish.ts";

/** Vendor and device of a PCI card as four hexadecimal digits each: `10ec:8168`. */
export type PciId = string;

/** Which program the machines with a kind of card get. */
export interface NicRule {
  readonly match:
    | { readonly type: "mac" /** Whole bytes, as in `00:e0:4c`. */; readonly prefix: string }
    | { readonly type: "pci" /** `10ec`, or `10ec:8168`. */; readonly id: string };
  readonly program: ProgramWish;
}

/** What a card is told by. */
export interface Nic {
  readonly mac: Mac;
  /** Only iPXE tells it: a machine's first boot goes without. */
  readonly pci?: PciId;
}

/**
 * The rule for a card; `undefined` when there is none.
 *
 * A MAC address is known from the first packet on, so a rule for it comes first: else a second boot
 * would differ from the first. Of several of a kind the longest wins.
 */
export function ruleFor({ mac, pci }: Nic, rules: readonly NicRule[]): NicRule | undefined {
  const longest = (fits: (rule: NicRule) => string | undefined) =>
    rules
      .flatMap((rule) => {
        const key = fits(rule);
        return key === undefined ? [] : [{ rule, length: key.length }];
      })
      .sort((a, b) => b.length - a.length)[0]?.rule;
  return (
    longest(({ match }) =>
      match.type === "mac" && isPrefix(match.prefix, mac, ":") ? match.prefix : undefined,
    ) ??
    longest(({ match }) =>
      match.type === "pci" && pci !== undefined && isPrefix(match.id, pci, ":") ? match.id : undefined,
    )
  );
}

function isPrefix(prefix: string, text: string, separator: string): boolean {
  return text === prefix || text.startsWith(prefix + separator);
}

/** Writes a card's chip as option 175 tells it. */
export function formatPciId({ vendor, device }: { readonly vendor: number; readonly device: number }): PciId {
  return [vendor, device].map((word) => word.toString(16).padStart(4, "0")).join(":");
}

/** PCI among iPXE's kinds of bus. */
export const PCI_BUS = 1;

/**
 * Reads iPXE's `${netX/busid:hexhyp}`: a byte for the bus, two for the vendor, two for the device, as in
 * `01-10-ec-81-68`.
 *
 * @returns `undefined` for another bus, and for text that is none
 */
export function parseBusId(text: string): PciId | undefined {
  const [, vendor, device] = /^01-?([0-9a-f]{2}-?[0-9a-f]{2})-?([0-9a-f]{2}-?[0-9a-f]{2})$/i.exec(text) ?? [];
  if (vendor === undefined || device === undefined) return undefined;
  return `${vendor}:${device}`.replaceAll("-", "").toLowerCase();
}

/**
 * Reads a key of `nics:`: `00:e0:4c` (the first bytes of MAC addresses, three at least), `pci:10ec` or
 * `pci:10ec:8168`.
 *
 * @returns `undefined` if the text is none of these
 */
export function parseNicMatch(text: string): NicRule["match"] | undefined {
  const lower = text.trim().toLowerCase();
  const [, id] = /^pci:([0-9a-f]{4}(?::[0-9a-f]{4})?)$/.exec(lower) ?? [];
  if (id !== undefined) return { type: "pci", id };
  const bytes = /^[0-9a-f]{2}([:-][0-9a-f]{2}){2,5}$/.test(lower) ? lower.replaceAll("-", ":") : undefined;
  return bytes === undefined ? undefined : { type: "mac", prefix: bytes };
}
