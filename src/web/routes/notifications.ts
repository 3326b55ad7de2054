/** `/notifications`: who is told of what happens, and whether that works. */

import { ALERT_KINDS } from "../../boot/notify/alert.ts";
import { isoTime, present } from "../present.ts";
import { Problem } from "../problem.ts";
import { jsonRoute, type Route } from "../route.ts";
import { notifications, testBody, testResults } from "../schema/notifications.ts";

export const NOTIFICATION_ROUTES: readonly Route[] = [
  jsonRoute({
    method: "get",
    path: "/notifications",
    scope: "read",
    summary: "Lists who is told of what happens, and what has not arrived yet.",
    answers: notifications,
    answer: async (_asked, { notifications: { list } }) => ({
      targets: list().map(({ target: { name, format, events, hosts }, waiting, last }) => ({
        ...{ name, format, waiting },
        events: events.length === 0 ? [...ALERT_KINDS] : [...events],
        ...present({
          hosts: hosts === undefined ? undefined : [...hosts],
          last: last && { at: isoTime(last.atMs), delivered: last.isDelivered, said: last.said },
        }),
      })),
    }),
  }),
  jsonRoute({
    method: "post",
    path: "/notifications/test",
    scope: "operate",
    summary: "Sends a test message to one of them, or to all, and tells what came back.",
    noes: ["not-found"],
    body: testBody,
    answers: testResults,
    async answer({ body: { name } }, { notifications: { list, test } }) {
      const isKnown = name === undefined || list().some(({ target }) => target.name === name);
      if (!isKnown) throw new Problem("not-found", `'notify:' names no '${name}'`);
      const results = await test(name);
      return {
        results: results.map(({ target, isDelivered, said, durationMs }) => ({
          ...{ name: target.name, delivered: isDelivered, said, durationMs },
        })),
      };
    },
  }),
];
