/** Forgets as what boots were counted when nothing more can be told of them; their counts stay. */

import { setImmediate } from "node:timers/promises";
import { TOKEN_MS } from "../../boot/check-in/judge-token.ts";
import type { Store } from "../store/store.ts";
import { HISTORY_KINDS } from "./history-draft.ts";
import { readCounted } from "./stored-record.ts";

const { COUNTED } = HISTORY_KINDS;
const PAGE = 500;
/** A boot is told of for the last time when it checks in; its token may be as old as that. */
const KEPT_MS = 2 * TOKEN_MS;

/** @param nowMs - milliseconds since the epoch */
export async function forgetCounted(store: Store, nowMs: number): Promise<void> {
  for (let from = ""; ; ) {
    const page = await store.range(COUNTED, { from, limit: PAGE });
    const old = page.filter(([, value]) => nowMs - (readCounted(value)?.atMs ?? 0) > KEPT_MS);
    if (old.length > 0) await store.put(old.map(([key]) => ({ kind: COUNTED, key, value: undefined })));
    const [last] = page.at(-1) ?? [];
    if (page.length < PAGE || last === undefined) return;
    from = `${last}\0`;
    // Whoever boots goes first.
    await setImmediate();
  }
}
