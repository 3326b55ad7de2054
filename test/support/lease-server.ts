/** The DHCP server in authoritative mode on a test's network, and what its events and its disk say. */

import { fileURLToPath } from "node:url";
import type { Lease } from "../../src/boot/lease/lease.ts";
import { parseLease } from "../../src/boot/lease/stored-lease.ts";
import { readStore } from "../../src/io/store/sqlite-store.ts";
import type { Namespace } from "../../src/lab/namespace.ts";
import type { Program } from "../../src/lab/program.ts";
import type { LeaseServerSettings } from "./lease-server-program.ts";

const PROGRAM = fileURLToPath(new URL("./lease-server-program.ts", import.meta.url));
const READY_WITHIN_MS = 20_000;

export interface LeaseServerOptions
  extends Partial<Omit<LeaseServerSettings, "folder" | "subnets">>,
    Pick<LeaseServerSettings, "folder"> {
  readonly subnets?: readonly Partial<LeaseServerSettings["subnets"][number]>[];
  /** What it is started by: strace and its arguments. */
  readonly under?: readonly string[];
}

/** A network of 254, half of it a pool. */
export const SUBNET: LeaseServerSettings["subnets"][number] = {
  network: "10.81.0.0",
  length: 24,
  pools: [{ first: "10.81.0.100", last: "10.81.0.199" }],
  router: "10.81.0.1",
  leaseSeconds: 3600,
  maxLeaseSeconds: 7200,
  conflictSeconds: 600,
  probe: true,
};
export const SERVER_ADDRESS = "10.81.0.2";

export async function startLeaseServer(at: Namespace, options: LeaseServerOptions): Promise<Program> {
  const { subnets = [{}], under = [], ...rest } = options;
  const settings: LeaseServerSettings = {
    interfaces: [{ interface: "lan0", self: SERVER_ADDRESS, mtu: 1500 }],
    native: true,
    ...rest,
    subnets: subnets.map((each) => ({ ...SUBNET, ...each })),
  };
  const [command = process.execPath, ...args] = [...under, process.execPath, PROGRAM];
  const server = await at.start([command, ...args, JSON.stringify(settings)], { name: "lease server" });
  await server.waitFor(/^ready$/m, READY_WITHIN_MS);
  return server;
}

/** Ends it as a power cut would: at once, in the middle of anything. */
export async function killServer(server: Program): Promise<void> {
  process.kill(server.pid, "SIGKILL");
  await server.ended;
}

/** The events of one type so far. */
export function eventsOf(server: Program, type: string): Record<string, unknown>[] {
  return server
    .text()
    .split("\n")
    .slice(0, -1)
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((event) => event.type === type);
}

/** What a start would find on the disk. */
export async function leasesOnDisk(folder: string): Promise<Map<string, Lease>> {
  const reader = await readStore(folder);
  const found = [...((await reader?.load("lease")) ?? [])].map(([address, value]) => {
    const lease = parseLease(value);
    if (lease === undefined) throw new Error(`what is kept of ${address} is no lease`);
    return [address, lease] as const;
  });
  await reader?.close();
  return new Map(found);
}
