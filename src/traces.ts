/** Sends a trace of each boot to where the configuration says. */

import type { TraceSettings } from "./config/settings.ts";
import type { World } from "./io/world.ts";
import type { Timeline } from "./timeline.ts";
import { readVersion } from "./version.ts";

export interface TracesParts {
  readonly world: World;
  readonly timeline: Timeline;
  readonly settings: TraceSettings | undefined;
}

/** What carries it out is loaded only where it is wanted. */
export async function startTraces({ world, timeline, settings }: TracesParts): Promise<AsyncDisposable> {
  for (const text of settings?.ignored ?? []) world.record({ type: "notice", level: "warn", text });
  if (settings?.url === undefined) return { async [Symbol.asyncDispose]() {} };
  const [{ createSpanSender }, { startBootTraces }, { createTroubles }, { redact }] = await Promise.all([
    import("./io/traces/span-sender.ts"),
    import("./io/traces/boot-traces.ts"),
    import("./io/troubles.ts"),
    import("./web/events/redact.ts"),
  ]);
  const { url, headers, resource } = settings;
  const version = await readVersion();
  const sender = createSpanSender({
    ...{ url, headers, troubles: createTroubles(world) },
    sender: { resource: { ...resource, "service.version": version }, scope: { name: "mayfly", version } },
  });
  const traces = await startBootTraces({ world, ...timeline, sender, clean: redact });
  return {
    async [Symbol.asyncDispose]() {
      await traces.close();
      await sender.close();
    },
  };
}
