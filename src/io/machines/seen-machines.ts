/**
 * Keeps which machines have asked, told from the stream of events, across restarts and within bounds.
 *
 * Whatever a machine says goes to the disk in batches, so that a boot storm is no storm of writes; a
 * crash may lose the last seconds of it.
 */

import { namedHost } from "../../boot/decide.ts";
import type { BootEvent } from "../../boot/event.ts";
import { type SeenMachine, see } from "../../boot/machine/seen.ts";
import type { Mac } from "../../wire/net/mac.ts";
import type { Store } from "../store/store.ts";
import { createTroubles, type Troubles } from "../troubles.ts";
import type { World } from "../world.ts";
import { createBatchSaver } from "./batch-saver.ts";
import { createMachineList, type MachineList } from "./machine-list.ts";
import { readSeen } from "./seen-record.ts";
import { lookUpVendors } from "./vendors.ts";

export interface SeenMachines {
  /** Every machine with its vendor, the last one seen first, and of two within a millisecond by their addresses. */
  list(): Promise<readonly SeenMachine[]>;
  get(mac: Mac): Promise<SeenMachine | undefined>;
  /** Forgets it until it asks again. @returns whether it was known */
  forget(mac: Mac): Promise<boolean>;
  /** Writes what was not written yet. */
  close(): Promise<void>;
}

export interface SeenOptions {
  readonly world: World;
  readonly store: Store;
  readonly now?: () => number;
  /** How many machines are kept that no host names, and as many that one does; the longest silent ones go first. */
  readonly limit?: number;
  readonly saveAfterMs?: number;
  readonly lookUp?: typeof lookUpVendors;
}

const KIND = "machine";
const LIMIT = 10_000;
const SAVE_AFTER_MS = 10_000;

/** Takes down who asks, from now on; what was kept before is there when the first `list` answers. */
export function startSeenMachines(options: SeenOptions): SeenMachines {
  const { world, store, now = Date.now, limit = LIMIT, saveAfterMs = SAVE_AFTER_MS } = options;
  const machines = createMachineList(limit);
  const troubles = createTroubles(world);
  const addVendors = () => fillVendors(machines, options.lookUp ?? lookUpVendors, troubles);
  const saver = createBatchSaver({
    store,
    kind: KIND,
    afterMs: saveAfterMs,
    read: machines.find,
    onDue: addVendors,
    onTrouble: (error) => troubles.set("which machines were seen cannot be kept", error),
  });

  function remember(machine: SeenMachine): void {
    const isNamed = namedHost(machine, world.snapshot()) !== undefined;
    for (const mac of machines.put(machine, isNamed)) saver.mark(mac);
  }

  function take(event: BootEvent): void {
    if (event.type !== "dhcp" && event.type !== "script") return;
    const { client, decision } = event;
    const where = event.type === "script" ? { address: event.peer.address } : { interface: event.interface };
    remember(see(machines.find(client.mac), { client, decision, atMs: now(), ...where }));
    saver.mark(client.mac);
  }

  async function load(): Promise<void> {
    const stored = await saver.load().catch((error: unknown) => {
      troubles.set("which machines were seen before cannot be read", error);
      return new Map<string, unknown>();
    });
    const kept = [...stored.values()].flatMap((value) => readSeen(value) ?? []);
    // Who asked since the start is newer than anything that was kept.
    const since = machines.all();
    for (const machine of kept.sort((a, b) => a.lastSeenMs - b.lastSeenMs)) remember(machine);
    const before = new Map(kept.map((machine) => [machine.mac, machine]));
    for (const machine of since) remember(joined(before.get(machine.mac), machine));
  }

  const stop = world.subscribe(take);
  const loaded = load();
  const ready = () => loaded.then(addVendors);
  let listed: { readonly version: number; readonly list: readonly SeenMachine[] } | undefined;
  return {
    list: async () => {
      // Who looks again and again, at ten thousand of them, costs nothing while they stay as they are.
      if (listed?.version !== machines.version()) {
        await ready();
        listed = { version: machines.version(), list: inOrder(machines.all()) };
      }
      return listed.list;
    },
    get: async (mac) => {
      await ready();
      return machines.find(mac);
    },
    forget: async (mac) => {
      await loaded;
      const isKnown = machines.delete(mac);
      if (isKnown) await saver.forget(mac);
      return isKnown;
    },
    close: async () => {
      stop();
      await loaded;
      await saver.flush();
    },
  };
}

/** The last one seen first; of two within a millisecond the address decides, so that pages do not change it. */
function inOrder(all: SeenMachine[]): readonly SeenMachine[] {
  // They come nearly in the reverse order, which is quick to sort once it is turned.
  return all.reverse().sort((a, b) => b.lastSeenMs - a.lastSeenMs || (a.mac < b.mac ? -1 : 1));
}

async function fillVendors(
  machines: MachineList,
  lookUp: typeof lookUpVendors,
  troubles: Troubles,
): Promise<void> {
  const without = machines.all().filter(({ vendor }) => vendor === undefined);
  if (without.length === 0) return;
  try {
    for (const [mac, vendor] of await lookUp(without.map(({ mac }) => mac))) {
      const machine = machines.find(mac);
      if (machine !== undefined) machines.update({ ...machine, vendor });
    }
  } catch (error) {
    troubles.set("who made which network card cannot be looked up", error);
  }
}

/** What was kept of a machine, and what it has said since. */
function joined(kept: SeenMachine | undefined, since: SeenMachine): SeenMachine {
  if (kept === undefined) return since;
  return { ...kept, ...since, firstSeenMs: kept.firstSeenMs, visits: kept.visits + since.visits };
}
