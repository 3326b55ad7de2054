/** Which events one who listens wants. */

import type { PublicEvent } from "../schema/events.ts";

/** Whatever is absent is no restriction. */
export interface EventFilter {
  readonly types?: ReadonlySet<string>;
  readonly host?: string;
  readonly mac?: string;
}

/** What an event is chosen by: all that is kept of it beside its text. */
export interface Concern {
  readonly type: PublicEvent["type"];
  /** An image is a host's where they have the same name. */
  readonly hosts: readonly unknown[];
  readonly mac: string | undefined;
  /** When it was, as the event says it. */
  readonly at: string;
}

export function concernOf(event: PublicEvent): Concern {
  const host = "host" in event ? event.host : "image" in event ? event.image : undefined;
  const hosts = "hosts" in event && Array.isArray(event.hosts) ? event.hosts : [host];
  return { type: event.type, hosts, mac: "mac" in event ? event.mac : undefined, at: event.at };
}

/** Whether an event is wanted. */
export function isWanted(event: Concern, { types, host, mac }: EventFilter): boolean {
  if (types !== undefined && !types.has(event.type)) return false;
  return (host === undefined || event.hosts.includes(host)) && (mac === undefined || event.mac === mac);
}
