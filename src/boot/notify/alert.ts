/** The noun `alert`: one thing that somebody wants to be told, wherever he is. */

import type { Mac } from "../../wire/net/mac.ts";
import type { GenerationId } from "../generation.ts";
import type { HostName } from "../host.ts";
import type { SessionId } from "../session/session.ts";

/**
 * What an alert is of.
 *
 * - `boot-failed`: a machine that has a host did not get to its end, or stands still
 * - `not-well`: it is up, and misses something
 * - `generation-bad`: a generation is not given any more
 * - `rollout-done`: a new generation is everybody's
 * - `unknown-machine`: one asks that no host names
 * - `server-trouble`: something keeps the server from its work, or that is over
 */
export const ALERT_KINDS = [
  "boot-failed",
  "not-well",
  "generation-bad",
  "rollout-done",
  "unknown-machine",
  "server-trouble",
] as const;

export type AlertKind = (typeof ALERT_KINDS)[number];

export interface Alert {
  readonly kind: AlertKind;
  /** Alerts with the same key say the same again. */
  readonly key: string;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  /** Whom it is about, in a word or two: a host, a MAC address, a group, an image. */
  readonly subject: string;
  /** What is the matter, in a sentence without a full stop. */
  readonly text: string;
  /** What to do about it, in the same form. */
  readonly cure?: string;
  /** A stable code, where there is one: of a diagnosis, or why a generation is bad. */
  readonly cause?: string;
  readonly hosts: readonly HostName[];
  readonly mac?: Mac;
  readonly boot?: SessionId;
  readonly generation?: GenerationId;
  /** Its end will be told: until then it is not told again. */
  readonly lasts?: true;
  /** What was told with this key is over. */
  readonly isOver?: true;
}

/** Whom or what it is about: of two machines of one host each. */
export function who({ mac, subject }: Alert): string {
  return mac ?? subject;
}
