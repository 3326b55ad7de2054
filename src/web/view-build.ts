/** Builds as the API shows them. Pure. */

import type { Build } from "../boot/build/build.ts";
import { outcomeText } from "../boot/build/describe-build.ts";
import { redact } from "./events/redact.ts";
import { isoTime } from "./present.ts";
import type { BuildView } from "./schema/builds.ts";

export function viewBuild(shown: Build): BuildView {
  const { queuedMs, startMs, endMs, log, installable, ...rest } = shown;
  return {
    ...rest,
    installable: redact(installable),
    queued: isoTime(queuedMs),
    ...(startMs === undefined ? {} : { start: isoTime(startMs) }),
    ...(endMs === undefined ? {} : { end: isoTime(endMs) }),
    log: [...log],
    text: outcomeText(shown),
  };
}
