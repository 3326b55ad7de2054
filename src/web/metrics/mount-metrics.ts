/** `GET /metrics`: for Prometheus, which looks for it there and nowhere below `/api`. */

import type { Express } from "express";
import type { Admin } from "../admin.ts";
import type { Gate } from "../gate.ts";
import type { Exposition } from "./exposition.ts";

/** Whoever may see the rest may see these. */
export function mountMetrics(app: Express, { metrics }: Admin, gate: Gate): void {
  let loaded: Promise<Exposition> | undefined;
  const load = async () => (await import("./exposition.ts")).createExposition(metrics.families);
  app.get("/metrics", async (request, response) => {
    gate.enter(request, "read");
    loaded ??= load();
    const exposition = await loaded;
    const text = await exposition.text();
    response.set("Content-Type", exposition.contentType).end(text);
  });
}
