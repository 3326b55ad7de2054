/** How far the large transfers are: looked at now and then, for those who listen. */

import type { TransferUnderWay } from "../../boot/event.ts";
import type { PublicEventOf } from "../schema/events.ts";
import type { EventSource } from "./event-source.ts";
import { transferKey } from "./public-event.ts";

/** What is smaller has ended before anybody could look. */
const LARGE_BYTES = 1024 * 1024;

/** @returns what gives those that have moved since it was called last */
export function createProgress(
  { transfers, machineAt }: Pick<EventSource, "transfers" | "machineAt">,
  now: () => number,
): () => readonly PublicEventOf<"progress">[] {
  const before = new WeakMap<TransferUnderWay, number>();
  return () => {
    const at = new Date(now()).toISOString();
    return transfers().flatMap((transfer) => {
      const sentBytes = transfer.sentBytes();
      if (transfer.sizeBytes < LARGE_BYTES || before.get(transfer) === sentBytes) return [];
      before.set(transfer, sentBytes);
      return [
        {
          type: "progress",
          at,
          ...transferKey({ ...machineAt(transfer.peer.address), ...transfer }),
          sentBytes,
        },
      ];
    });
  };
}
