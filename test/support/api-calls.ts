/** A request to each route of the API that makes sense as far as its path does. */

import type { Route } from "../../src/web/route.ts";
import type { SendOptions } from "./admin-rig.ts";

/** A machine and a host that the requests are about. */
export const SAMPLE_MAC = "52:54:00:12:34:56";
export const SAMPLE_HOST = "beta";

const SAMPLES: Readonly<Record<string, string>> = { mac: SAMPLE_MAC, number: "1" };

/** Below `/api/v1`, with every name in braces filled in. */
export function samplePath({ path }: Route): string {
  return `/api/v1${path.replaceAll(/\{(\w+)\}/g, (_, name) => SAMPLES[name] ?? SAMPLE_HOST)}`;
}

/** For a route that takes a body: one that says nothing. */
export function sampleOptions(route: Route, headers: Readonly<Record<string, string>> = {}): SendOptions {
  if (route.body === undefined) return { headers };
  return { headers: { ...headers, "Content-Type": "application/json" }, body: "{}" };
}

export function nameOf({ method, path }: Route): string {
  return `${method.toUpperCase()} ${path}`;
}
