/** What an event means to somebody who records one machine: whose a conversation is, what to note, when it is over. Pure. */

import type { Mac } from "../../wire/net/mac.ts";
import type { BootEvent } from "../event.ts";
import type { Peer } from "../peer.ts";
import { machineOf } from "../session/session-step.ts";

/** The machine that an event is about, where it is about one. */
export function concerned(event: BootEvent): Mac | undefined {
  switch (event.type) {
    case "check-in-refused":
    case "diagnosed":
      return event.mac;
    case "session":
      return event.session.mac;
    default:
      return machineOf(event);
  }
}

/** The address and port at which the machine of an event is, as far as it says so. */
export function placeOf(event: BootEvent): Peer | undefined {
  return "peer" in event ? event.peer : undefined;
}

/** Whether it is worth a note beside the packet that it came of: each step of a session is told by another event. */
export function isNoted(event: BootEvent): boolean {
  return event.type !== "session" || event.change !== "moved";
}

/** For what still comes: the last answers, and the end of the connections. */
const LINGER_MS = 2000;
/** What was booted asks for an address and reports; a machine that was turned away may be let in. */
const PATIENCE_MS = 30_000;

/** When a recording of "this boot" ends. */
export interface Ending {
  readonly afterMs: number;
  /** Whatever happens meanwhile: else it goes on when the boot does. */
  readonly isCertain: boolean;
}

/**
 * What an event of the machine says of the end of its boot.
 *
 * @returns `undefined` for what says nothing of it
 */
export function endingOf(event: BootEvent): Ending | "goes-on" | undefined {
  if (event.type !== "session") return undefined;
  switch (event.session.outcome) {
    case "under-way":
      return "goes-on";
    case "handed-over":
    case "turned-away":
      return { afterMs: PATIENCE_MS, isCertain: false };
    case "checked-in":
    case "failed":
      return { afterMs: LINGER_MS, isCertain: true };
  }
}
