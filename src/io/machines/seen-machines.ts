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
import type { World } from "../world.ts";
import { readSeen } from "./seen-record.ts";
import { lookUpVendors } from "./vendors.ts";

export interface SeenMachines {
  /** Every machine, the last one seen first, with its vendor. */
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
}

const KIND = "machine";
const LIMIT = 10_000;
const SAVE_AFTER_MS = 10_000;

/** Takes down who asks, from now on; what was kept before is there when the first `list` answers. */
export function startSeenMachines(options: SeenOptions): SeenMachines {
  const { world, store, now = Date.now, limit = LIMIT, saveAfterMs = SAVE_AFTER_MS } = options;
  // A Map iterates in the order of insertion: who is seen again is inserted again. Strangers have one
  // of their own, so that a flood of made-up addresses cannot push out a machine that has a host.
  const named = new Map<Mac, SeenMachine>();
  const strangers = new Map<Mac, SeenMachine>();
  const unsaved = new Set<Mac>();
  let timer: NodeJS.Timeout | undefined;
  let saving: Promise<void> = Promise.resolve();
  let lastTrouble: string | undefined;

  const find = (mac: Mac) => named.get(mac) ?? strangers.get(mac);

  function remember(machine: SeenMachine): void {
    const isNamed = namedHost(machine, world.snapshot()) !== undefined;
    named.delete(machine.mac);
    strangers.delete(machine.mac);
    const shelf = isNamed ? named : strangers;
    shelf.set(machine.mac, machine);
    for (const oldest of shelf.keys()) {
      if (shelf.size <= limit) break;
      shelf.delete(oldest);
      markUnsaved(oldest);
    }
  }

  function markUnsaved(mac: Mac): void {
    unsaved.add(mac);
    timer ??= setTimeout(() => {
      timer = undefined;
      saving = saving.then(save);
    }, saveAfterMs).unref();
  }

  function take(event: BootEvent): void {
    if (event.type !== "dhcp" && event.type !== "script") return;
    const { client, decision } = event;
    const address = event.type === "script" ? { address: event.peer.address } : {};
    remember(see(find(client.mac), { client, decision, atMs: now(), ...address }));
    markUnsaved(client.mac);
  }

  async function addVendors(): Promise<void> {
    const without = [...named.values(), ...strangers.values()].filter(({ vendor }) => vendor === undefined);
    if (without.length === 0) return;
    const vendors = await lookUpVendors(without.map(({ mac }) => mac));
    for (const [mac, vendor] of vendors) {
      const shelf = named.has(mac) ? named : strangers;
      const machine = shelf.get(mac);
      // Replaced in its place: looking somebody up is not seeing him.
      if (machine !== undefined) shelf.set(mac, { ...machine, vendor });
    }
  }

  async function save(): Promise<void> {
    const macs = [...unsaved];
    unsaved.clear();
    try {
      await addVendors();
      await store.put(macs.map((mac) => ({ kind: KIND, key: mac, value: find(mac) })));
      lastTrouble = undefined;
    } catch (error) {
      // They go with the next batch, which the next machine that asks begins.
      for (const mac of macs) unsaved.add(mac);
      const why = error instanceof Error ? error.message : String(error);
      if (why === lastTrouble) return;
      lastTrouble = why;
      const text = `which machines were seen cannot be kept: ${why}`;
      const cure = error instanceof Error && "cure" in error ? { cure: String(error.cure) } : {};
      world.record({ type: "notice", level: "warn", text, ...cure });
    }
  }

  async function load(): Promise<void> {
    const kept = [...(await store.load(KIND)).values()].flatMap((value) => readSeen(value) ?? []);
    // Who asked since the start is newer than anything that was kept.
    const since = [...named.values(), ...strangers.values()];
    for (const machine of kept.sort((a, b) => a.lastSeenMs - b.lastSeenMs)) remember(machine);
    const before = new Map(kept.map((machine) => [machine.mac, machine]));
    for (const machine of since) remember(joined(before.get(machine.mac), machine));
  }

  const stop = world.subscribe(take);
  const loaded = load();
  const ready = async () => {
    await loaded;
    await addVendors();
  };
  return {
    async list() {
      await ready();
      return [...named.values(), ...strangers.values()].sort((a, b) => b.lastSeenMs - a.lastSeenMs);
    },
    async get(mac) {
      await ready();
      return find(mac);
    },
    async forget(mac) {
      await loaded;
      const isKnown = named.delete(mac) || strangers.delete(mac);
      if (isKnown) await store.put([{ kind: KIND, key: mac, value: undefined }]);
      return isKnown;
    },
    async close() {
      stop();
      clearTimeout(timer);
      await loaded;
      saving = saving.then(save);
      await saving;
    },
  };
}

/** What was kept of a machine, and what it has said since. */
function joined(kept: SeenMachine | undefined, since: SeenMachine): SeenMachine {
  if (kept === undefined) return since;
  return { ...kept, ...since, firstSeenMs: kept.firstSeenMs, visits: kept.visits + since.visits };
}
