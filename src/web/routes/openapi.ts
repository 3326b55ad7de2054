/** `/openapi.json`: what can be asked, for programs. */

import * as z from "zod";
import { describeApi, type HookRoute } from "../openapi.ts";
import { jsonRoute, type Route } from "../route.ts";

/**
 * The route that describes these and itself.
 *
 * Everything but the server's version is made here and now: it is the largest answer that there is.
 */
export function openApiRoute(routes: readonly Route[], hooks: readonly HookRoute[]): Route {
  const route: Route = jsonRoute({
    method: "get",
    path: "/openapi.json",
    scope: "read",
    summary: "Describes this API as OpenAPI 3.1 does.",
    answers: z.looseObject({ openapi: z.string(), paths: z.record(z.string(), z.unknown()) }),
    async answer(_asked, { status }) {
      const { version } = await status();
      return { ...described, info: { ...described.info, version } };
    },
  });
  const described = describeApi([...routes, route], hooks);
  return route;
}
