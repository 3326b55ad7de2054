/** Long lists, a page at a time: the next page begins behind the last item of this one, whatever came meanwhile. */

import * as z from "zod";
import { Problem } from "./problem.ts";

const MOST = 1000;

/** The query of a list. */
export const pageQuery = z.object({
  /** How many items at the most. */
  limit: z.coerce.number().int().min(1).max(MOST).default(MOST),
  /** `next` of the page before; absent: the first page. */
  cursor: z.string().max(512).optional(),
});

/** What the answer of a list has beside its items. */
export const pageFields = {
  /** How many items there are now, on all pages. */
  total: z.int(),
  /** The `cursor` of the next page; absent on the last one. The header `Link` has its whole address. */
  next: z.string().optional(),
};

export interface PageWish {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly total: number;
  readonly next?: string;
}

/**
 * Cuts one page out of a list.
 *
 * @param all - in ascending order of their keys
 * @param keyOf - no two items have the same
 * @throws {@link Problem} `invalid` for a cursor that is none
 */
export function pageOf<Item>(
  all: readonly Item[],
  { limit, cursor }: PageWish,
  keyOf: (item: Item) => string,
): Page<Item> {
  const start = cursor === undefined ? 0 : firstAfter(all, readCursor(cursor), keyOf);
  const items = all.slice(start, start + limit);
  const last = items.at(-1);
  const isLast = last === undefined || start + items.length >= all.length;
  return { items, total: all.length, ...(isLast ? {} : { next: writeCursor(keyOf(last)) }) };
}

/** The first item whose key is greater, by halving. */
function firstAfter<Item>(all: readonly Item[], key: string, keyOf: (item: Item) => string): number {
  let [low, high] = [0, all.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const item = all[middle];
    if (item !== undefined && keyOf(item) <= key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Opaque: what is in it may change. */
export function writeCursor(key: string): string {
  return Buffer.from(key).toString("base64url");
}

/** @throws {@link Problem} `invalid` */
export function readCursor(cursor: string): string {
  const key = Buffer.from(cursor, "base64url").toString();
  if (writeCursor(key) !== cursor) throw new Problem("invalid", "cursor: want 'next' of the page before");
  return key;
}
