/** Which events one who listens wants. */

import type { PublicEvent } from "../schema/events.ts";

/** Whatever is absent is no restriction. */
export interface EventFilter {
  readonly types?: ReadonlySet<string>;
  readonly host?: string;
  readonly mac?: string;
}

/** Whether an event is wanted. What the stream says of itself always is. */
export function isWanted(event: PublicEvent, { types, host, mac }: EventFilter): boolean {
  if (event.type === "hello" || event.type === "gap") return true;
  if (types !== undefined && !types.has(event.type)) return false;
  if (host !== undefined && !concernsHost(event, host)) return false;
  return mac === undefined || ("mac" in event && event.mac === mac);
}

/** An image is a host's where they have the same name. */
function concernsHost(event: PublicEvent, host: string): boolean {
  return ("host" in event && event.host === host) || ("image" in event && event.image === host);
}
