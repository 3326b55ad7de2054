/** The machines that are remembered: a bounded number of them, the longest silent ones go first. */

import type { SeenMachine } from "../../boot/machine/seen.ts";
import type { Mac } from "../../wire/net/mac.ts";

export interface MachineList {
  find(mac: Mac): SeenMachine | undefined;
  /** Takes a machine that was seen just now. @returns who had to go for it */
  put(machine: SeenMachine, isNamed: boolean): readonly Mac[];
  /** Replaces what is known of a machine that is there, which is not to see it. */
  update(machine: SeenMachine): void;
  delete(mac: Mac): boolean;
  all(): SeenMachine[];
  /** Another number after every change. */
  version(): number;
}

/**
 * @param limit - of the machines that no host names, and of those that one does: they are counted apart,
 * so that a flood of made-up addresses cannot push out a machine that has a host
 */
export function createMachineList(limit: number): MachineList {
  // A Map iterates in the order of insertion: who is seen again is inserted again.
  const named = new Map<Mac, SeenMachine>();
  const strangers = new Map<Mac, SeenMachine>();
  const find = (mac: Mac) => named.get(mac) ?? strangers.get(mac);
  let version = 0;
  function remove(mac: Mac): boolean {
    version++;
    return named.delete(mac) || strangers.delete(mac);
  }
  return {
    find,
    put(machine, isNamed) {
      remove(machine.mac);
      const shelf = isNamed ? named : strangers;
      shelf.set(machine.mac, machine);
      const gone: Mac[] = [];
      for (const oldest of shelf.keys()) {
        if (shelf.size <= limit) break;
        shelf.delete(oldest);
        gone.push(oldest);
      }
      return gone;
    },
    update(machine) {
      version++;
      const shelf = named.has(machine.mac) ? named : strangers;
      if (shelf.has(machine.mac)) shelf.set(machine.mac, machine);
    },
    delete: remove,
    all: () => [...named.values(), ...strangers.values()],
    version: () => version,
  };
}
