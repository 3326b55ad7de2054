/** `/openapi.json`: what can be asked, for programs. */

import * as z from "zod";
import { describeApi } from "../openapi.ts";
import { jsonRoute, type Route } from "../route.ts";

/** The route that describes these and itself. */
export function openApiRoute(routes: readonly Route[]): Route {
  const route: Route = jsonRoute({
    method: "get",
    path: "/openapi.json",
    scope: "read",
    summary: "Describes this API as OpenAPI 3.1 does.",
    answers: z.looseObject({ openapi: z.string(), paths: z.record(z.string(), z.unknown()) }),
    async answer(_asked, { status }) {
      const described = describeApi([...routes, route], (await status()).version);
      return { openapi: "", paths: {}, ...described };
    },
  });
  return route;
}
