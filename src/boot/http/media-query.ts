/** What the query of a file's URL says: how fast it is to be sent, and which boot asks. */

import { isBootId } from "../session/boot-id.ts";
import type { BootId } from "../session/session.ts";
import { MIN_BYTES_PER_SECOND } from "./pace.ts";

export interface MediaWish {
  readonly bytesPerSecond?: number | undefined;
  /**
   * Of a machine that is not to be told by its address, because others have the same one. The rest has URLs
   * without it, which any cache may give to every machine.
   */
  readonly bootId?: BootId | undefined;
}

/** The query with its question mark; empty for a file that is fetched as every other one. */
export function formatMediaQuery({ bytesPerSecond, bootId }: MediaWish): string {
  const parts = [
    ...(bytesPerSecond === undefined ? [] : [`rate=${bytesPerSecond}`]),
    ...(bootId === undefined ? [] : [`boot=${bootId}`]),
  ];
  return parts.length === 0 ? "" : `?${parts.join("&")}`;
}

/** The inverse of {@link formatMediaQuery}; what is not of ours says nothing. @param query - without its question mark */
export function parseMediaQuery(query: string): MediaWish {
  const said = new Map(
    query.split("&").map((part) => [part.replace(/=.*$/s, ""), part.replace(/^[^=]*=?/, "")]),
  );
  const rate = said.get("rate") ?? "";
  const boot = said.get("boot") ?? "";
  return {
    ...(/^\d{1,12}$/.test(rate) ? { bytesPerSecond: Math.max(MIN_BYTES_PER_SECOND, Number(rate)) } : {}),
    ...(isBootId(boot) ? { bootId: boot } : {}),
  };
}
