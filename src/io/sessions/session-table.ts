/** The sessions that are followed, one for each machine, and no more than there is room for. */

import type { LiveSession } from "../../boot/session/live-session.ts";
import type { Session, SessionId } from "../../boot/session/session.ts";
import type { Mac } from "../../wire/net/mac.ts";

export interface SessionTable {
  get(mac: Mac): LiveSession | undefined;
  /** The session of this name, whose machine's ever it is. */
  find(id: SessionId): LiveSession | undefined;
  /** @returns whoever had to go for it */
  set(mac: Mac, live: LiveSession): LiveSession | undefined;
  delete(mac: Mac): void;
  all(): Iterable<readonly [Mac, LiveSession]>;
}

/** Machines that have only asked by DHCP, which anybody can make up. */
const MAX_FRESH = 4096;
const MAX_FOLLOWED = 16_384;

/** Whether it is not worth a write yet. */
export function isFresh({ session }: LiveSession): boolean {
  return isDhcpAlone(session);
}

/** Whether nothing but the DHCP of firmware was seen of it, which anybody can make up. */
export function isDhcpAlone({ steps }: Pick<Session, "steps">): boolean {
  return steps.every(({ stage }) => stage.endsWith("-dhcp") && stage !== "kernel-dhcp");
}

/** Two tables, so that machines that somebody makes up push out none that boots. */
export function createSessionTable(): SessionTable {
  // A Map iterates in the order of insertion: what is used again is inserted again.
  const fresh = new Map<Mac, LiveSession>();
  const followed = new Map<Mac, LiveSession>();
  const macs = new Map<SessionId, Mac>();
  const get = (mac: Mac) => followed.get(mac) ?? fresh.get(mac);

  function remove(mac: Mac): void {
    const before = get(mac);
    if (before !== undefined) macs.delete(before.session.id);
    fresh.delete(mac);
    followed.delete(mac);
  }
  return {
    get,
    find(id) {
      const mac = macs.get(id);
      return mac === undefined ? undefined : get(mac);
    },
    set(mac, live) {
      remove(mac);
      const [table, limit] = isFresh(live) ? [fresh, MAX_FRESH] : [followed, MAX_FOLLOWED];
      table.set(mac, live);
      macs.set(live.session.id, mac);
      if (table.size <= limit) return undefined;
      const [oldest] = table;
      if (oldest === undefined) return undefined;
      remove(oldest[0]);
      return oldest[1];
    },
    delete: remove,
    *all() {
      yield* fresh;
      yield* followed;
    },
  };
}
