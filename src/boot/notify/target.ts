/** The noun `target`: where messages go, and which. */

import type { HostName } from "../host.ts";
import type { Alert, AlertKind } from "./alert.ts";

/**
 * How a message is put.
 *
 * - `json`: all that is known, for a program; signed
 * - `ntfy`, `slack`, `matrix`: as these services take it
 */
export const FORMATS = ["json", "ntfy", "slack", "matrix"] as const;

export type Format = (typeof FORMATS)[number];

export interface Target {
  /** What the operator calls it. */
  readonly name: string;
  readonly format: Format;
  /** Where it is sent; one of the two. */
  readonly url?: string;
  /** A file that holds the address, where knowing that is all it takes to write there. */
  readonly urlFile?: string;
  /** What `json` is signed with; for `ntfy` and `matrix` their access token. */
  readonly secretFile?: string;
  /** Of `matrix`: the room's id. */
  readonly room?: string;
  /** Empty: all of them. */
  readonly events: readonly AlertKind[];
  /** What is about other hosts is not told; absent: it is. */
  readonly hosts?: readonly HostName[];
  /** Where a message leads, as a rule the dashboard. */
  readonly link?: string;
}

/** Whether messages can be sent there: http or https, and nobody's name and password in it. */
export function isWebAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, hostname } = new URL(text);
  const isWeb = protocol === "http:" || protocol === "https:";
  return isWeb && hostname !== "" && username === "" && password === "";
}

/** Whether a target is told. What is about no host is about all of them. */
export function wants({ events, hosts }: Target, alert: Alert): boolean {
  if (events.length > 0 && !events.includes(alert.kind)) return false;
  return hosts === undefined || alert.hosts.length === 0 || alert.hosts.some((host) => hosts.includes(host));
}
