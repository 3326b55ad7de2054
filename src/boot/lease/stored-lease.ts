/** A lease as it comes back from a store, which does not know what it holds. */

import { parseIpv4 } from "../../wire/net/ipv4.ts";
import { parseMac } from "../../wire/net/mac.ts";
import type { Lease, LeaseState } from "./lease.ts";

const STATES: readonly unknown[] = ["leased", "released", "conflict"] satisfies LeaseState[];

/** Checks what was kept under a lease; `undefined` if it is none. What is put into a store is the {@link Lease} itself. */
export function parseLease(value: unknown): Lease | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const field = (name: keyof Lease): unknown => Reflect.get(value, name);
  const [address, owner, state, mac] = (["address", "owner", "state", "mac"] as const).map(field);
  const times = (["untilMs", "usedMs", "sinceMs"] as const).map(field);
  if (typeof address !== "string" || parseIpv4(address) === undefined) return undefined;
  if (typeof owner !== "string" || owner === "" || !STATES.includes(state)) return undefined;
  if (!times.every((time): time is number => typeof time === "number" && Number.isFinite(time)))
    return undefined;
  const [untilMs = 0, usedMs = 0, sinceMs = 0] = times;
  const texts = (["uuid", "serial", "hostName"] as const).flatMap((name) => {
    const text = field(name);
    return typeof text === "string" ? [[name, text] as const] : [];
  });
  const knownMac = typeof mac === "string" ? parseMac(mac) : undefined;
  return {
    address,
    owner,
    state: state as LeaseState,
    untilMs,
    usedMs,
    sinceMs,
    ...(knownMac !== undefined && { mac: knownMac }),
    ...Object.fromEntries(texts),
  };
}
