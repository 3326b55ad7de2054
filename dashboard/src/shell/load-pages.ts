/** Lists that the API cuts into pages, loaded as a whole. */

import type { Api } from "./api.ts";

interface Paged {
  readonly next?: string | undefined;
}

/** @param path - below `/api/v1`, with its query, if it has one */
export async function loadPages<Page extends Paged, Item>(
  api: Api,
  path: string,
  itemsOf: (page: Page) => readonly Item[],
  signal?: AbortSignal,
): Promise<readonly Item[]> {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const more = cursor === undefined ? "" : `${path.includes("?") ? "&" : "?"}cursor=${cursor}`;
    const page = await api.get<Page>(`${path}${more}`, signal);
    items.push(...itemsOf(page));
    cursor = page.next;
  } while (cursor !== undefined);
  return items;
}
