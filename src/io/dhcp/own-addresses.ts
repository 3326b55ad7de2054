/** The IPv4 addresses of this machine, which are given to nobody. */

import { networkInterfaces } from "node:os";
import type { Ipv4 } from "../../wire/net/ipv4.ts";

/** Asking the kernel takes a while, and a thousand machines may ask us in one second. */
const KEEP_MS = 1_000;

/** @returns a function that gives all of them, at most a second old */
export function createOwnAddresses(): () => readonly Ipv4[] {
  let known: { readonly addresses: readonly Ipv4[]; readonly atMs: number } | undefined;
  return () => {
    const atMs = performance.now();
    if (known === undefined || atMs - known.atMs > KEEP_MS) known = { addresses: readAddresses(), atMs };
    return known.addresses;
  };
}

function readAddresses(): readonly Ipv4[] {
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return all.filter(({ family }) => family === "IPv4").map(({ address }) => address);
}
