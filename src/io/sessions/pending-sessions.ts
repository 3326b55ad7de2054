/** Sessions that are not on the disk yet, found by their names and by their machines without looking through all. */

import type { Session, SessionId } from "../../boot/session/session.ts";
import type { Mac } from "../../wire/net/mac.ts";

export interface PendingSessions {
  readonly size: number;
  get(id: SessionId): Session | undefined;
  /** Those of one machine. */
  of(mac: Mac): Iterable<Session>;
  all(): Iterable<Session>;
  /** In the place of the one of this name, if there is one. */
  set(session: Session): void;
  delete(session: Pick<Session, "id" | "mac">): void;
}

export function createPendingSessions(): PendingSessions {
  const byId = new Map<SessionId, Session>();
  const byMac = new Map<Mac, Map<SessionId, Session>>();
  return {
    get size() {
      return byId.size;
    },
    get: (id) => byId.get(id),
    of: (mac) => byMac.get(mac)?.values() ?? [],
    all: () => byId.values(),
    set(session) {
      const { id, mac } = session;
      byId.set(id, session);
      byMac.set(mac, (byMac.get(mac) ?? new Map<SessionId, Session>()).set(id, session));
    },
    delete({ id, mac }) {
      byId.delete(id);
      const others = byMac.get(mac);
      others?.delete(id);
      if (others?.size === 0) byMac.delete(mac);
    },
  };
}
