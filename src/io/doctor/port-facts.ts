/** Tries each port that a server would open, and lets go of it at once: what keeps one from it is found out then. */

import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import type { PortFact } from "../../boot/doctor/facts.ts";
import { type Arrival, boundAddress } from "../../boot/peer.ts";
import type { PortProblem, WantedPort } from "../../boot/server/port-advice.ts";
import { UNSPECIFIED } from "../../wire/net/ipv4.ts";
import { loadNativeUdp, type NativeUdp } from "../dhcp/native-udp.ts";
import { numericLookup } from "../numeric-lookup.ts";
import { describePort } from "../system/port-holder.ts";

/** A port with the addresses that it would be opened at. */
export interface TriedPort extends WantedPort {
  readonly hosts: readonly string[];
}

/** Tries the ports one after another; nothing is sent. @param arrivals - the served addresses */
export async function readPortFacts(
  ports: readonly TriedPort[],
  arrivals: readonly Arrival[],
): Promise<PortFact[]> {
  const native = await loadNativeUdp();
  const facts: PortFact[] = [];
  for (const { hosts, ...wanted } of ports) {
    const problem = await firstProblem(wanted, hosts, arrivals, native);
    facts.push({ wanted, ...(problem === undefined ? {} : { problem }) });
  }
  return facts;
}

async function firstProblem(
  wanted: WantedPort,
  hosts: readonly string[],
  arrivals: readonly Arrival[],
  native: NativeUdp | undefined,
): Promise<PortProblem | undefined> {
  for (const host of hosts) {
    const error = await tryPort(wanted, host);
    if (error === undefined) continue;
    const problem = await describePort(wanted, error);
    const isElsewhere = problem.code === "EADDRINUSE" && isFreeOnDevice(wanted, host, arrivals, native);
    if (!isElsewhere) return problem;
  }
  return undefined;
}

/** A DHCP server of virtual machines has the port on their interface alone, where ours is in nobody's way. */
function isFreeOnDevice(
  { purpose, port }: WantedPort,
  host: string,
  arrivals: readonly Arrival[],
  native: NativeUdp | undefined,
): boolean {
  const device = arrivals.find((each) => boundAddress(each) === host)?.interface;
  if (purpose !== "dhcp" || native === undefined || device === undefined) return false;
  try {
    return !native.isTaken({ device, address: UNSPECIFIED, port });
  } catch {
    return false;
  }
}

/** Without sharing: who has the port already keeps it, and all that comes to it. */
async function tryPort({ protocol, port }: WantedPort, host: string): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  if (protocol === "tcp") {
    const server = createServer();
    server.once("error", resolve);
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
    return promise;
  }
  const socket = createSocket({ type: "udp4", lookup: numericLookup });
  socket.once("error", (error) => {
    socket.close();
    resolve(error);
  });
  socket.bind({ address: host, port, exclusive: true }, () => socket.close(() => resolve(undefined)));
  return promise;
}
