/** Which boot an event belongs to, for whoever reads it alone: a line of the log. Pure. */

import type { Mac } from "../../wire/net/mac.ts";
import type { BootEvent } from "../event.ts";
import type { Session, SessionId } from "./session.ts";
import { machineOf } from "./session-step.ts";

/**
 * @param current - the session of a machine, with this event taken into account
 * @returns `undefined` for what is no boot's, or that of one which nobody follows any more
 */
export function bootOf(
  event: BootEvent,
  current: (mac: Mac) => Pick<Session, "id" | "bootId"> | undefined,
): SessionId | undefined {
  switch (event.type) {
    case "session":
      return event.session.id;
    case "diagnosed":
      return event.session;
    case "checked-in":
    case "check-in-refused": {
      const session = event.mac === undefined ? undefined : current(event.mac);
      // It may tell of an earlier boot, long after that.
      return session?.bootId !== undefined && session.bootId === event.bootId ? session.id : undefined;
    }
    case "console":
      return event.mac === undefined ? undefined : current(event.mac)?.id;
    default: {
      const mac = machineOf(event);
      return mac === undefined ? undefined : current(mac)?.id;
    }
  }
}
