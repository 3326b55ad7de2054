/** Sends a trace of each boot to where the configuration says; loaded only where it says so. */

import { startBootTraces } from "./io/traces/boot-traces.ts";
import { createSpanSender } from "./io/traces/span-sender.ts";
import { createTroubles } from "./io/troubles.ts";
import type { World } from "./io/world.ts";
import type { TraceSettings } from "./config/settings.ts";
import type { Timeline } from "./timeline.ts";
import { readVersion } from "./version.ts";
import { redact } from "./web/events/redact.ts";

export interface TracesParts {
  readonly world: World;
  readonly timeline: Timeline;
  readonly settings: TraceSettings;
}
