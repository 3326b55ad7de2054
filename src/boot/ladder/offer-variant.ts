/**
 * The forms that the boot part of an offer can take, best first for each kind of client.
 *
 * Firmware disagrees about option 43: one throws an offer away that has it (Q1), another one that has
 * it not, a third wants a menu in it (Q4). A new form is one row here and one in `boot-part.ts`.
 */

import type { BootClient } from "../client.ts";

/**
 * How the same boot file is offered.
 *
 * - `plain`: without option 43; UEFI then asks port 4011
 * - `direct`: option 43 says to take the boot file at once (`06 01 08`)
 * - `menu`: option 43 has a boot menu whose first entry is taken at once; then port 4011 is asked for it
 * - `url`: the boot file is a whole URL
 */
export type OfferVariant = "plain" | "direct" | "menu" | "url";

/** Clients that need the same of an offer. An iPXE takes a URL and nothing else, whatever it is told to load. */
export type OfferKind = "rom" | "uefi" | "http-boot" | "u-boot" | "ipxe";

/**
 * What each kind is offered, in this order. The first one is what captures and reports say is best.
 *
 * The menu stands late because menu code of UEFI is often broken (Q11), and the URL last because
 * nothing is known that needs it.
 */
const VARIANTS: Readonly<Record<OfferKind, readonly [OfferVariant, ...OfferVariant[]]>> = {
  rom: ["direct", "menu", "plain", "url"],
  uefi: ["plain", "direct", "menu", "url"],
  "http-boot": ["url"],
  // It looks at the header alone (Q6).
  "u-boot": ["plain"],
  ipxe: ["url"],
};

/** What this kind may be offered, best first. */
export function variantsOf(kind: OfferKind): readonly [OfferVariant, ...OfferVariant[]] {
  return VARIANTS[kind];
}

/**
 * What kind of client asks.
 *
 * @param isIpxe - whether iPXE sent the request, be it one that is too small to count as the stage `ipxe` (Q13)
 */
export function offerKind({ stage }: Pick<BootClient, "stage">, isIpxe: boolean): OfferKind {
  if (isIpxe || stage === "ipxe") return "ipxe";
  return stage === "uefi" || stage === "http-boot" || stage === "u-boot" ? stage : "rom";
}

const TEXTS: Readonly<Record<OfferVariant, string>> = {
  plain: "without option 43",
  direct: "with option 43 saying to take the file at once",
  menu: "with a boot menu in option 43",
  url: "with a URL as the file's name",
};

/** In words, as in "offered … without option 43". */
export function describeVariant(variant: OfferVariant): string {
  return TEXTS[variant];
}

/** Reads a name that was stored; `undefined` for one that this kind is not offered. */
export function parseVariant(kind: OfferKind, name: unknown): OfferVariant | undefined {
  return VARIANTS[kind].find((each) => each === name);
}
