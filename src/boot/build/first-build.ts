/**
 * What machines are told while the first build of their host is under way: come back. Pure.
 *
 * A host that has an image boots it, whatever is being built.
 *
 * @see RFC 9110 §10.2.3 (Retry-After)
 */

import type { BootClient } from "../client.ts";
import type { Host } from "../host.ts";
import { generationFor } from "../rollout/choose-generation.ts";
import type { Snapshot } from "../snapshot.ts";
import type { BuildUnderWay } from "./build.ts";

/** How long a machine waits before it asks again. */
export const BUILD_PAUSE_SECONDS = 10;
/** Those who wait together do not come back together. */
const SPREAD_SECONDS = 5;

/** The build of a host that is not over, if there is one. */
export function buildUnderWay({ name }: Pick<Host, "name">, { builds }: Snapshot): BuildUnderWay | undefined {
  const build = builds.get(name);
  return build === undefined || build.state === "failed" ? undefined : build;
}

/** Why the last build of a host failed, if it did. */
export function buildTrouble({ name }: Pick<Host, "name">, { builds }: Snapshot): string | undefined {
  const build = builds.get(name);
  return build?.state === "failed" ? build.trouble : undefined;
}

/** Whether a host has nothing to boot yet, and a build of it is not over. */
export function isFirstBuild(host: Host, snapshot: Snapshot): boolean {
  return (
    buildUnderWay(host, snapshot) !== undefined && generationFor(host, undefined, snapshot) === undefined
  );
}

/**
 * Seconds after which a machine that waits for a first build is to ask again.
 *
 * iPXE sees to that by itself, for as long as it takes (I10).
 *
 * @returns `undefined` for whoever is not known to come back
 */
export function retryAfterBuildSeconds(
  { mac }: Pick<BootClient, "mac">,
  userAgent: string | undefined,
): number | undefined {
  if (userAgent?.startsWith("iPXE/") !== true) return undefined;
  return BUILD_PAUSE_SECONDS - SPREAD_SECONDS + (Number.parseInt(mac.slice(-2), 16) % SPREAD_SECONDS);
}
