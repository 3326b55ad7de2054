/** What became different about the served interfaces while the server runs, and how that is told. */

import type { Notice } from "../event.ts";
import { type Arrival, boundAddress } from "../peer.ts";

export interface InterfaceChanges {
  readonly came: readonly Arrival[];
  readonly went: readonly Arrival[];
  /** The same device and address, with another MTU: its sockets stay. */
  readonly changed: readonly Arrival[];
}

/** Compares what is served with what there is to serve. Pure. */
export function compareArrivals(before: readonly Arrival[], after: readonly Arrival[]): InterfaceChanges {
  const keysBefore = new Map(before.map((each) => [arrivalKey(each), each]));
  const keysAfter = new Set(after.map(arrivalKey));
  return {
    came: after.filter((each) => !keysBefore.has(arrivalKey(each))),
    went: before.filter((each) => !keysAfter.has(arrivalKey(each))),
    changed: after.filter((each) => {
      const known = keysBefore.get(arrivalKey(each));
      return known !== undefined && known.mtu !== each.mtu;
    }),
  };
}

/** Two arrivals with the same key can have the same sockets. */
export function arrivalKey(arrival: Arrival): string {
  return `${arrival.interface} ${arrival.index ?? ""} ${boundAddress(arrival)}`;
}

/** Puts changes into words, one line for each interface. Pure. */
export function describeChanges({ came, went, changed }: InterfaceChanges): Notice[] {
  const names = [...new Set([...went, ...came].map((each) => each.interface))];
  return [
    ...names.map((name) => describeOne(name, addressesOn(name, went), addressesOn(name, came))),
    ...changed.map((each) => tell("info", `${each.interface} has an MTU of ${each.mtu} bytes now`)),
  ];
}

function describeOne(name: string, went: string, came: string): Notice {
  if (went === "") return tell("info", `${name} has the address ${came}: machines are served there now`);
  if (came === "") {
    return tell(
      "warn",
      `${name} no longer has the address ${went}: nothing is served there until it is back`,
    );
  }
  return went === came
    ? tell("info", `${name} was made anew with ${came}: machines are served there again`)
    : tell("info", `${name} has ${came} instead of ${went}: what machines ask from now on goes by that`);
}

function addressesOn(name: string, arrivals: readonly Arrival[]): string {
  return arrivals
    .filter((each) => each.interface === name)
    .map(boundAddress)
    .join(" and ");
}

function tell(level: Notice["level"], text: string): Notice {
  return { level, text };
}
