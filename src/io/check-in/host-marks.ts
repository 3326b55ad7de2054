/** Finds the host that a claim means by the mark of its name. */

import type { HostName } from "../../boot/host.ts";
import type { Snapshot } from "../../boot/snapshot.ts";
import { HOST_MARK_BYTES } from "../../wire/check-in/claim.ts";
import { markOf } from "./check-in-secret.ts";

export interface HostMarks {
  find(mark: string, snapshot: Snapshot): HostName | undefined;
}

/** The marks are made anew when the hosts are others than the last time. */
export function createHostMarks(): HostMarks {
  let of: Snapshot["hosts"] = new Map();
  let names: ReadonlyMap<string, HostName> = new Map();
  return {
    find(mark, { hosts }) {
      if (hosts !== of) {
        of = hosts;
        names = new Map([...hosts.keys()].map((name) => [markOf(name, HOST_MARK_BYTES), name]));
      }
      return names.get(mark);
    },
  };
}
