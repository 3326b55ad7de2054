/** How boots of a generation went: counters, and the last ones by name. Pure. */

import type { Mac } from "../../wire/net/mac.ts";
import type { HostName } from "../host.ts";
import type { BootId, Session, SessionId, SessionOutcome } from "../session/session.ts";

/** The ways in which a boot that got a generation can be over. */
export type BootOutcome = Extract<SessionOutcome, "handed-over" | "checked-in" | "failed">;

/** One boot of a generation. */
export interface GenerationBoot {
  readonly session: SessionId;
  /** Absent where it had no script of ours. */
  readonly bootId?: BootId;
  readonly mac: Mac;
  readonly host?: HostName;
  readonly via: Session["via"];
  readonly outcome: BootOutcome;
  /** When it began, in milliseconds since the epoch. */
  readonly startMs: number;
}

export interface GenerationBoots {
  /** Came up and said so. */
  readonly checkedIn: number;
  /** Fetched all that they boot; whether they came up nobody has said. */
  readonly handedOver: number;
  readonly failed: number;
  /** The latest one first. */
  readonly last: readonly GenerationBoot[];
}

export const NO_BOOTS: GenerationBoots = { checkedIn: 0, handedOver: 0, failed: 0, last: [] };

/** So many are kept by name. */
export const MAX_LAST = 20;

const COUNTERS = {
  "checked-in": "checkedIn",
  "handed-over": "handedOver",
  failed: "failed",
} as const satisfies Record<BootOutcome, keyof GenerationBoots>;

/** What a session adds to the history of its generation; `undefined` while it is under way, or where it got none. */
export function bootOf(told: Session): GenerationBoot | undefined {
  const { id, bootId, mac, host, via, outcome, startMs } = told;
  if (outcome === "under-way" || outcome === "turned-away") return undefined;
  return {
    session: id,
    ...(bootId === undefined ? {} : { bootId }),
    mac,
    ...(host === undefined ? {} : { host }),
    ...{ via, outcome, startMs },
  };
}

/**
 * Counts a boot; one that was counted before, and about which more is known now, is counted anew.
 *
 * @param before - as what it was counted
 */
export function withBoot(
  boots: GenerationBoots,
  boot: GenerationBoot,
  before = boots.last.find((other) => isSame(other, boot))?.outcome,
): GenerationBoots {
  const counted = before === undefined ? boots : add(boots, before, -1);
  const others = boots.last.filter((other) => !isSame(other, boot));
  // Sessions are called so that those which began later sort later.
  const last = [...others, boot].sort((a, b) => (a.session < b.session ? 1 : -1)).slice(0, MAX_LAST);
  return { ...add(counted, boot.outcome, 1), last };
}

/** What was told of it again after the server was killed may have another name. */
function isSame(one: GenerationBoot, other: GenerationBoot): boolean {
  return one.session === other.session || (one.bootId !== undefined && one.bootId === other.bootId);
}

function add(boots: GenerationBoots, outcome: BootOutcome, count: 1 | -1): GenerationBoots {
  const counter = COUNTERS[outcome];
  return { ...boots, [counter]: Math.max(0, boots[counter] + count) };
}
