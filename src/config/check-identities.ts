/** Checks that no MAC address, client id, UUID or serial number belongs to two machines. */

import { normalSerial } from "../boot/rpi4/serial.ts";
import { parseMac } from "../wire/net/mac.ts";
import type { Mistake } from "./mistake.ts";
import { entriesOf, field, itemsOf, mistakeAt, type Origin, type Path } from "./origin.ts";
import { parseClientId } from "./subnet-values.ts";
import { parseUuid } from "./values.ts";

/** The lists by which a machine is known, and the one spelling by which they are compared. */
const IDENTITIES = [
  { list: "macs", name: "MAC address", normal: parseMac },
  { list: "clientIds", name: "client id", normal: parseClientId },
  { list: "uuids", name: "UUID", normal: parseUuid },
  { list: "serials", name: "serial number", normal: normalSerial },
] as const;

/** A host, or an entry of a subnet's reservations. */
interface Machine {
  /** As in `the host 'beta'`. */
  readonly name: string;
  readonly path: Path;
  readonly keys: unknown;
  /** The address that a host's name is, if it is one. */
  readonly mac?: string;
}

interface Owner {
  readonly machine: Machine;
  readonly path: Path;
}

/** Looks at whatever can be read, so that it tells even where another mistake stands beside it. */
export function sharedIdentities(value: unknown, origin: Origin): Mistake[] {
  const machines = [...hostsOf(value), ...reservationsOf(value)];
  return IDENTITIES.flatMap(({ list, name, normal }) => {
    const owners = new Map<string, Owner>();
    return machines.flatMap((machine) => {
      const named = list === "macs" ? machine.mac : undefined;
      if (named !== undefined) claim(owners, named, { machine, path: machine.path });
      return itemsOf(field(machine.keys, list)).flatMap((item, index) => {
        const path = [...machine.path, list, index];
        const id = typeof item === "string" ? normal(item) : undefined;
        if (id === undefined || id === named) return [];
        const other = claim(owners, id, { machine, path });
        return other === undefined ? [] : [shared(name, machine, other, path, origin)];
      });
    });
  });
}

function shared(name: string, machine: Machine, other: Owner, path: Path, origin: Origin): Mistake {
  const isSame = other.machine === machine;
  const whose = isSame
    ? `${machine.path[0] === "hosts" ? "this host" : "it"} has already`
    : `${other.machine.name} has`;
  const want = `a ${name} that no other has: ${whose} it (${origin.placeOf(other.path)})`;
  return mistakeAt(path, want, origin);
}

function hostsOf(value: unknown): Machine[] {
  return entriesOf(field(value, "hosts")).map(([host, keys]) => {
    const mac = parseMac(host);
    return {
      name: `the host '${host}'`,
      path: ["hosts", host],
      keys,
      ...(mac !== undefined && { mac }),
    };
  });
}

function reservationsOf(value: unknown): Machine[] {
  return itemsOf(field(value, "subnets")).flatMap((subnet, i) =>
    itemsOf(field(subnet, "reservations")).map((keys, j) => ({
      name: `the reservation of '${String(field(keys, "address"))}'`,
      path: ["subnets", i, "reservations", j],
      keys,
    })),
  );
}

/** Gives the owner that was there first, if any. */
function claim(owners: Map<string, Owner>, id: string, owner: Owner): Owner | undefined {
  const first = owners.get(id);
  if (first === undefined) owners.set(id, owner);
  return first;
}
