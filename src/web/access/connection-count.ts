/** Counts connections, so that nobody can have all of them: not one machine, and not all others what is for this one. */

import { isLoopback } from "./foreign.ts";

export interface ConnectionLimits {
  /** From one address; many people may share one behind address translation. */
  readonly perAddress: number;
  /** From one IPv6 network of 64 bits, within which a machine gives itself what addresses it likes. */
  readonly perNetwork: number;
  /** From all other machines. */
  readonly others: number;
  /** From this machine, whose commands come from it, and where a proxy stands in for many. */
  readonly loopback: number;
}

export const CONNECTION_LIMITS: ConnectionLimits = {
  perAddress: 32,
  perNetwork: 128,
  others: 256,
  loopback: 256,
};

export interface ConnectionCount {
  /**
   * Counts one more.
   *
   * @param address - as `plainAddress` has it
   * @returns what takes it back, once; `undefined` where there is no room for it
   */
  enter(address: string): (() => void) | undefined;
}

export function createConnectionCount(limits: ConnectionLimits = CONNECTION_LIMITS): ConnectionCount {
  const open = new Map<string, number>();
  const add = (key: string, change: 1 | -1) => {
    const count = (open.get(key) ?? 0) + change;
    if (count > 0) open.set(key, count);
    else open.delete(key);
  };
  return {
    enter(address) {
      const places = placesOf(address, limits);
      if (places.some(([key, limit]) => (open.get(key) ?? 0) >= limit)) return undefined;
      for (const [key] of places) add(key, 1);
      let isOpen = true;
      return () => {
        if (isOpen) for (const [key] of places) add(key, -1);
        isOpen = false;
      };
    },
  };
}

/** All that a connection takes room of, and how much there is. */
function placesOf(address: string, limits: ConnectionLimits): readonly (readonly [string, number])[] {
  if (isLoopback(address)) return [["loopback", limits.loopback]];
  const network = networkOf(address);
  return [
    ["others", limits.others],
    [address, limits.perAddress],
    ...(network === undefined ? [] : [[network, limits.perNetwork] as const]),
  ];
}

/** The first 64 bits of an IPv6 address. Link-local ones are a whole cable's, and tell nobody apart. */
function networkOf(address: string): string | undefined {
  if (!address.includes(":") || /^fe[89ab]/i.test(address)) return undefined;
  const [head = "", tail] = address.split("::");
  const groups = (text: string) => text.split(":").filter((group) => group !== "");
  const [left, right] = [groups(head), groups(tail ?? "")];
  const between = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  return `${[...left, ...Array<string>(between).fill("0"), ...right].slice(0, 4).join(":")}::/64`;
}
