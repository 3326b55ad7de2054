/** `/events`: what happens, as it happens. */

import { present } from "../present.ts";
import { type Route, streamRoute } from "../route.ts";
import { eventsQuery, publicEvent } from "../schema/events.ts";

export const EVENT_ROUTES: readonly Route[] = [
  streamRoute({
    method: "get",
    path: "/events",
    scope: "read",
    summary: "Tells what happens, as it happens; taken up again after the event named by Last-Event-ID.",
    query: eventsQuery,
    events: publicEvent,
    listen({ query: { types, host, mac, kept, after } }, { events }, outlet, lastEventId = after) {
      const filter = present({ types, host, mac });
      return events.follow({ outlet, filter, ...present({ lastEventId, wantsKept: kept }) });
    },
  }),
];
