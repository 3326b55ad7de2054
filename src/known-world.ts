/** The world as a server would know it that starts now, for commands that only look: nothing is served or changed. */

import { join } from "node:path";
import { fromStored, type Machine } from "./boot/ladder/machine.ts";
import { createLeaseBook, type LeaseBook } from "./boot/lease/lease-book.ts";
import { parseLease } from "./boot/lease/stored-lease.ts";
import { type SubnetTable, subnetTable } from "./boot/lease/subnet.ts";
import type { Snapshot } from "./boot/snapshot.ts";
import type { Settings } from "./config/settings.ts";
import { startHosts } from "./hosts.ts";
import { findBootPrograms } from "./io/boot-programs.ts";
import { LEASE_KIND } from "./io/dhcp/lease-keeper.ts";
import { startHistory } from "./io/history/history.ts";
import { HISTORY_KINDS } from "./io/history/history-draft.ts";
import { LADDER_KIND } from "./io/ladder/ladders.ts";
import { APPROVAL_KIND, loadApprovals } from "./io/machines/approvals.ts";
import { readOwnScript } from "./io/own-script.ts";
import { ROLLOUT_KINDS } from "./io/rollouts/rollout-record.ts";
import { startRollouts } from "./io/rollouts/rollouts.ts";
import { readPiTrees } from "./io/rpi4/pi-trees.ts";
import { readStore } from "./io/store/sqlite-store.ts";
import { createMemoryStore, type Store } from "./io/store/store.ts";
import { createWorld } from "./io/world.ts";
import { lookAtKept } from "./keeping.ts";
import type { Mac } from "./wire/net/mac.ts";

export interface KnownWorld {
  readonly snapshot: Snapshot;
  /** What earlier boots taught about machines. */
  readonly learnt: ReadonlyMap<Mac, Machine>;
  /** What is leased to whom, and what may be leased; absent where another server gives addresses. */
  readonly leases?: { readonly book: LeaseBook; readonly table: SubnetTable };
}

/**
 * Reads the media folder, what the configuration names, and the state folder once, as `serve` reads them.
 *
 * @param state - `skip`: as if nothing had ever been kept
 * @throws {@link import("./io/store/store-error.ts").StoreError} for a state folder that cannot be read
 */
export async function lookOnce(settings: Settings, state: "read" | "skip" = "read"): Promise<KnownWorld> {
  const world = createWorld();
  const { programs } = await findBootPrograms({
    ownFolder: join(settings.mediaFolder, "ipxe"),
    ipxeFolders: settings.ipxeFolders,
  });
  // One that serve would not use is not used here either; serve says why.
  const script = await readOwnScript(join(settings.mediaFolder, "autoexec.ipxe")).catch(() => undefined);
  world.change([
    { type: "programs", programs },
    { type: "autoexec", script },
    { type: "pi-trees", trees: await readPiTrees(settings.mediaFolder) },
  ]);
  const store = state === "skip" ? createMemoryStore() : await copyOfState(settings);
  const rollouts = await startRollouts({ world, store });
  const history = startHistory({ world, store });
  const keeping = await lookAtKept({ world, settings, history });
  const hosts = startHosts(world, settings, await loadApprovals(store, () => {}), keeping);
  try {
    await hosts.ready;
    const kept = [...(await store.load(LADDER_KIND))];
    const learnt = new Map(kept.map(([mac, value]) => [mac, fromStored(value)]));
    return { snapshot: world.snapshot(), learnt, ...(await leasesOf(settings, store)) };
  } finally {
    await hosts.close();
    await rollouts.close();
    await history.close();
  }
}

/** As the server decides it: by the subnets of the configuration, and what it has leased so far. */
async function leasesOf({ dhcp, live }: Settings, store: Store): Promise<Pick<KnownWorld, "leases">> {
  const gives = dhcp === "authoritative" || (dhcp === "observe" && live.subnets.length > 0);
  if (!gives) return {};
  const kept = await store.load(LEASE_KIND);
  const book = createLeaseBook([...kept.values()].flatMap((value) => parseLease(value) ?? []));
  return { leases: { book, table: subnetTable(live.subnets, live.reservations) } };
}

/** All that tells what a machine would get; how its boots went does not. */
const KINDS: readonly string[] = [
  ...[APPROVAL_KIND, LADDER_KIND, LEASE_KIND],
  ...ROLLOUT_KINDS,
  ...[HISTORY_KINDS.RECORD, HISTORY_KINDS.BY_ID, HISTORY_KINDS.IMAGE],
];

/** What a running server keeps is only read: nothing that is done here can reach its files. */
async function copyOfState({ stateFolder }: Settings): Promise<Store> {
  const copy = createMemoryStore();
  const reader = await readStore(stateFolder);
  if (reader === undefined) return copy;
  try {
    for (const kind of KINDS) {
      const values = await reader.load(kind);
      await copy.put([...values].map(([key, value]) => ({ kind, key, value })));
    }
    return copy;
  } finally {
    await reader.close();
  }
}
