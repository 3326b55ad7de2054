/** Keeps which machine the operator approved as which host; what it has said is kept is on the disk. */

import * as z from "zod";
import { isHostName } from "../../boot/hosts.ts";
import type { Approval } from "../../boot/machine/approval.ts";
import { type Mac, parseMac } from "../../wire/net/mac.ts";
import type { Store } from "../store/store.ts";

export interface Approvals {
  /** In the order in which they were given. */
  list(): readonly Approval[];
  get(mac: Mac): Approval | undefined;
  /** Resolves when it is on the disk; an approval that the machine had before is replaced. */
  put(approval: Approval): Promise<void>;
  /** Resolves when it is forgotten on the disk too. */
  remove(mac: Mac): Promise<void>;
}

/** Under which kind the store has them. */
export const APPROVAL_KIND = "approval";
const stored = z.object({ host: z.string().refine(isHostName), atMs: z.number() });

/**
 * Reads the approvals that are kept.
 *
 * @param onUnreadable - gets the key of each that cannot be read, which then does not count
 */
export async function loadApprovals(
  store: Store,
  onUnreadable: (key: string) => void,
  now: () => number = Date.now,
): Promise<Approvals> {
  const kept = new Map<Mac, { readonly host: string; readonly atMs: number }>();
  for (const [key, value] of await store.load(APPROVAL_KIND)) {
    const { data } = stored.safeParse(value);
    if (data === undefined || parseMac(key) !== key) onUnreadable(key);
    else kept.set(key, data);
  }
  return {
    list: () => [...kept].sort(([, a], [, b]) => a.atMs - b.atMs).map(([mac, { host }]) => ({ mac, host })),
    get(mac) {
      const found = kept.get(mac);
      return found === undefined ? undefined : { mac, host: found.host };
    },
    async put({ mac, host }) {
      const value = { host, atMs: now() };
      await store.put([{ kind: APPROVAL_KIND, key: mac, value }]);
      kept.set(mac, value);
    },
    async remove(mac) {
      await store.put([{ kind: APPROVAL_KIND, key: mac, value: undefined }]);
      kept.delete(mac);
    },
  };
}
