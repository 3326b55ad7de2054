/** Reads a list of a running server page by page, since it hands out no more at once. */

import type * as z from "zod";
import type { AdminClient } from "./admin-client.ts";

type Paged = z.ZodType<{ readonly next?: string | undefined }>;

/**
 * Every page of a list, in order.
 *
 * @param path - with its query, if it has one
 */
export async function readPages<Schema extends Paged>(
  client: AdminClient,
  schema: Schema,
  path: string,
): Promise<z.output<Schema>[]> {
  const pages: z.output<Schema>[] = [];
  let next: string | undefined;
  do {
    const cursor = next === undefined ? "" : `${path.includes("?") ? "&" : "?"}cursor=${next}`;
    const page = await client.ask(schema, "GET", `${path}${cursor}`);
    pages.push(page);
    next = page.next;
  } while (next !== undefined);
  return pages;
}
