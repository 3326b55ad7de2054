/** Which of the forms that an attempt offered was the one that worked, told by what the client did. */

import type { OfferKind, OfferVariant } from "./offer-variant.ts";

/**
 * How far a client came before it fetched its boot file, as far as we saw.
 *
 * - `none`, `address`: nothing, or only that it took somebody's address
 * - `4011`: it asked port 4011
 * - `menu`: it asked port 4011 for the entry of a menu
 */
export type Sign = "none" | "address" | "4011" | "menu";

export interface Credit {
  readonly variant: OfferVariant;
  /** Those that fit what was seen equally well. */
  readonly among: readonly OfferVariant[];
}

type Ranks = readonly (readonly OfferVariant[])[];

/** Forms that lead to the same behaviour stand together; those that fit better stand before others. */
const RANKS: Readonly<Record<"rom" | "uefi", Readonly<Record<"file" | "4011", Ranks>>>> = {
  // A ROM takes the file of any offer at once, and some ask 4011 all the same (Q3).
  rom: { file: [["direct", "plain", "url"], ["menu"]], "4011": [["plain"], ["direct", "url"], ["menu"]] },
  // UEFI asks 4011 unless option 43 tells it not to.
  uefi: { file: [["direct"], ["plain", "url"], ["menu"]], "4011": [["plain", "url"], ["direct"], ["menu"]] },
};

/** @param offered - in the order of offering */
export function creditFor(
  kind: OfferKind,
  offered: readonly [OfferVariant, ...OfferVariant[]],
  sign: Sign,
): Credit {
  const among = bestGroup(kind, offered, sign);
  // The answer on 4011 is made for the first of them; of two that are alike to us the later one ended the wait.
  const variant = (sign === "4011" ? among[0] : among.at(-1)) ?? offered[0];
  return { variant, among };
}

function bestGroup(kind: OfferKind, offered: readonly OfferVariant[], sign: Sign): readonly OfferVariant[] {
  if (kind !== "rom" && kind !== "uefi") return offered;
  if (sign === "menu" && offered.includes("menu")) return ["menu"];
  const ranks = RANKS[kind][sign === "4011" || sign === "menu" ? "4011" : "file"];
  const groups = ranks.map((group) => offered.filter((each) => group.includes(each)));
  return groups.find((group) => group.length > 0) ?? offered;
}
