/** What the admin plane may see and do of a server. */

import type { Hosts } from "./hosts.ts";
import type { Approvals } from "./io/machines/approvals.ts";
import type { SeenMachines } from "./io/machines/seen-machines.ts";
import type { TransferBoard } from "./io/transfer-board.ts";
import type { World } from "./io/world.ts";
import type { Admin } from "./web/admin.ts";
import { createEventHub } from "./web/events/event-hub.ts";

export interface AdminParts {
  readonly world: World;
  readonly hosts: Hosts;
  readonly machines: SeenMachines;
  readonly approvals: Approvals;
  readonly transfers: TransferBoard;
}

export function adminOf({ world, hosts, machines, approvals, transfers }: AdminParts): Admin {
  const { approve, unapprove, exported } = hosts;
  return {
    snapshot: world.snapshot,
    machines,
    approvals: { hostOf: (mac) => approvals.get(mac)?.host, approve, unapprove, exported },
    events: createEventHub({
      subscribe: world.subscribe,
      transfers: transfers.list,
      machineAt: world.machineAt,
    }),
    onError: (error) => world.record({ type: "bug", via: "the admin plane", error }),
  };
}
