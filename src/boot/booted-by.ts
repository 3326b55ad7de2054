/** Tells what a machine boots by one answer, where that answer is all that it needs. */

import type { BootClient } from "./client.ts";
import { type BootDecision, decideAs, namedHost } from "./decide.ts";
import type { GenerationId } from "./generation.ts";
import type { Host } from "./host.ts";
import type { Snapshot } from "./snapshot.ts";

/** What the next answer to a machine would let it boot. @param named - its host, where something else tells that */
export function bootedNext(
  client: BootClient,
  named: Host | undefined,
  snapshot: Snapshot,
): GenerationId | undefined {
  return bootedBy(decideAs(named ?? namedHost(client, snapshot), client, snapshot));
}

function bootedBy(decision: BootDecision): GenerationId | undefined {
  switch (decision.type) {
    case "script":
    case "image":
      return decision.generation.id;
    case "firmware":
      return decision.boot === "native" ? decision.generation?.id : undefined;
    default:
      return undefined;
  }
}
