/** What the admin plane may see and do of a server. */

import type { Building } from "./builds.ts";
import type { Generations } from "./generations.ts";
import type { Hosts } from "./hosts.ts";
import type { Approvals } from "./io/machines/approvals.ts";
import type { SeenMachines } from "./io/machines/seen-machines.ts";
import type { Sessions } from "./io/sessions/sessions.ts";
import type { TransferBoard } from "./io/transfer-board.ts";
import type { World } from "./io/world.ts";
import type { Admin } from "./web/admin.ts";
import { createEventHub } from "./web/events/event-hub.ts";

export interface AdminParts {
  readonly world: World;
  readonly hosts: Hosts;
  readonly machines: SeenMachines;
  readonly approvals: Approvals;
  readonly sessions: Sessions;
  readonly transfers: TransferBoard;
  readonly generations: Generations;
  readonly building: Building;
}

export function adminOf(parts: AdminParts): Admin {
  const { world, hosts, machines, approvals, sessions, transfers, generations, building } = parts;
  const { approve, unapprove, exported } = hosts;
  return {
    snapshot: world.snapshot,
    machines,
    sessions: { ...sessions, transfers: transfers.list },
    approvals: { hostOf: (mac) => approvals.get(mac)?.host, approve, unapprove, exported },
    generations: {
      ...generations.history,
      closureOf: generations.facts.closureOf,
      services: generations.inside.services,
    },
    events: createEventHub({
      subscribe: world.subscribe,
      transfers: transfers.list,
      machineAt: world.machineAt,
    }),
    builds: { ...building, targets: () => building.config().targets },
    onError: (error) => world.record({ type: "bug", via: "the admin plane", error }),
  };
}
