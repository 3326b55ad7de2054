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
    ...withLast(boot, next),
    counted: { path: event.path, sentBytes, atMs },
    ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }),
  };
}

/** What is known of a file on its way stays known when its boot is told anew, which says nothing of it. */
export function withCount(boot: Boot, before: Boot | undefined): Boot {
  const { step } = boot;
  if (step === undefined || step.end !== undefined) return boot;
  const known = before?.step;
  const isSame = known !== undefined && known.path === step.path && known.start === step.start;
  const sentBytes = isSame ? known.sentBytes : undefined;
  if (before === undefined || sentBytes === undefined || sentBytes < (step.sentBytes ?? 0)) return boot;
  const { counted, bytesPerSecond } = before;
  return {
    ...withLast(boot, { ...step, sentBytes }),
    ...(counted === undefined ? {} : { counted }),
    ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }),
  };
}

/** The boot with its last stage as it is now, and what all of its stages were sent. */
function withLast(boot: Boot, step: StepView): Boot {
  const more = (step.sentBytes ?? 0) - (boot.step?.sentBytes ?? 0);
  return {
    ...boot,
    sentBytes: boot.sentBytes + more,
    step,
    ...(boot.steps === undefined ? {} : { steps: boot.steps.with(-1, step) }),
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
