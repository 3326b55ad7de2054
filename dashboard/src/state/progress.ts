/** How far the file is that a boot fetches, and how fast. Pure. */

import type { PublicEventOf } from "../../../src/web/schema/events.ts";
import type { StepView } from "../../../src/web/schema/sessions.ts";
import type { Boot, Count } from "./state.ts";

/** How much of a rate the last measurement is. */
const FRESHNESS = 0.4;

/** A boot with what one of its transfers has sent by now; the same boot where it is not known which stage that is. */
export function withProgress(boot: Boot, event: PublicEventOf<"progress">): Boot {
  const { step } = boot;
  if (step === undefined || !isOf(step, event.path)) return boot;
  const atMs = Date.parse(event.at);
  // A stage may stand for several parts of a file, of which this is the last.
  const sentBytes = Math.max(0, (step.sizeBytes ?? event.sizeBytes) - event.sizeBytes) + event.sentBytes;
  const next: StepView = { ...step, sentBytes };
  const bytesPerSecond = rateOf(boot, { path: event.path, sentBytes, atMs });
  return {
    ...boot,
    step: next,
    ...(boot.steps === undefined ? {} : { steps: boot.steps.with(-1, next) }),
    counted: { path: event.path, sentBytes, atMs },
    ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }),
  };
}

/** What was counted of a file stays known when its boot is told anew, which says nothing of it. */
export function withCount(boot: Boot, before: Boot | undefined): Boot {
  const { step } = boot;
  const counted = before?.counted;
  if (step === undefined || counted === undefined || !isOf(step, counted.path)) return boot;
  const { bytesPerSecond } = before ?? {};
  return {
    ...boot,
    step: { ...step, sentBytes: counted.sentBytes },
    counted,
    ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }),
  };
}

/** The rate so far with the new measurement in it. */
function rateOf({ counted, bytesPerSecond }: Boot, count: Count): number | undefined {
  const { path, sentBytes, atMs } = count;
  if (counted?.path !== path || atMs <= counted.atMs || sentBytes < counted.sentBytes) return undefined;
  const now = ((sentBytes - counted.sentBytes) * 1000) / (atMs - counted.atMs);
  return bytesPerSecond === undefined ? now : bytesPerSecond * (1 - FRESHNESS) + now * FRESHNESS;
}

/** Long paths are shown cut. */
function isOf({ path, end }: StepView, whole: string): boolean {
  if (end !== undefined || path === undefined) return false;
  return path === whole || (path.endsWith("…") && whole.startsWith(path.slice(0, -1)));
}
