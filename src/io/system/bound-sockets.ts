/** Reads the kernel's tables of sockets: who is bound to which address and port. */

import { readFile } from "node:fs/promises";
import { encodeIpv4, type Ipv4 } from "../../wire/net/ipv4.ts";

/** Whether some socket of this network namespace is bound to just this address and port. */
export async function boundTo(protocol: "udp" | "tcp", address: Ipv4, port: number): Promise<boolean> {
  const table = await readFile(`/proc/net/${protocol}`, "utf8").catch(() => "");
  return hasBound(table, address, port);
}

/** Reads `/proc/net/udp` and its like. @param table - its text */
export function hasBound(table: string, address: Ipv4, port: number): boolean {
  const wanted = `${hexAddress(address)}:${hex(port, 4)}`;
  return table
    .split("\n")
    .slice(1)
    .some((line) => line.trim().split(/\s+/)[1] === wanted);
}

/** The kernel prints the address as a number of 32 bits, read in the machine's own byte order. */
function hexAddress(address: Ipv4): string {
  return hex(new Uint32Array(encodeIpv4(address).buffer)[0] ?? 0, 8);
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, "0");
}
