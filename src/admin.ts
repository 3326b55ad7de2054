/** What the admin plane may see and do of a server. */

import type { Generations } from "./generations.ts";
import type { Hosts } from "./hosts.ts";
import type { Approvals } from "./io/machines/approvals.ts";
import type { SeenMachines } from "./io/machines/seen-machines.ts";
import type { World } from "./io/world.ts";
import type { Admin } from "./web/admin.ts";

export interface AdminParts {
  readonly world: World;
  readonly hosts: Hosts;
  readonly machines: SeenMachines;
  readonly approvals: Approvals;
  readonly generations: Generations;
}

export function adminOf({ world, hosts, machines, approvals, generations }: AdminParts): Admin {
  const { approve, unapprove, exported } = hosts;
  return {
    snapshot: world.snapshot,
    machines,
    approvals: { hostOf: (mac) => approvals.get(mac)?.host, approve, unapprove, exported },
    generations: {
      ...generations.history,
      closureOf: generations.facts.closureOf,
      services: generations.inside.services,
    },
    onError: (error) => world.record({ type: "bug", via: "the admin plane", error }),
  };
}
