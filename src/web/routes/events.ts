/** `/events`: what happens, as it happens. */

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
    listen({ query: { types, host, mac } }, { events }, outlet, lastEventId) {
      const filter = {
        ...(types === undefined ? {} : { types }),
        ...(host === undefined ? {} : { host }),
        ...(mac === undefined ? {} : { mac }),
      };
      return events.follow({ outlet, filter, ...(lastEventId === undefined ? {} : { lastEventId }) });
    },
  }),
];
