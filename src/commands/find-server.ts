/** Finds the server that runs with a configuration, and what it has heard of others. */

import type { RunningServer } from "../boot/doctor/facts.ts";
import type { Settings } from "../config/settings.ts";
import { portHolders } from "../io/system/port-holder.ts";
import { present } from "../web/present.ts";
import { status } from "../web/schema/status.ts";

const LOOPBACK = "127.0.0.1";
const ANSWER_WITHIN_MS = 2000;

/** The admin plane is on loopback too, wherever else it is. */
export async function findServer({ admin: { port } }: Settings): Promise<RunningServer | undefined> {
  const base = `http://${LOOPBACK}:${port}`;
  try {
    const response = await fetch(`${base}/healthz`, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    if (!response.ok || (await response.text()) !== "ok\n") return undefined;
    const holders = await portHolders({ protocol: "tcp", port, purpose: "admin" });
    return { base, pids: holders.map(({ pid }) => pid), ...(await askStatus(base)) };
  } catch {
    return undefined;
  }
}

/** Nothing where it wants a token, or is of another version: there is more to look at than this. */
async function askStatus(base: string): Promise<Pick<RunningServer, "dhcp" | "heard">> {
  try {
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
    const response = await fetch(`${base}/api/v1/status`, { signal });
    const { dhcp, otherServers } = status.parse(await response.json());
    const heard = otherServers?.map(({ last, mac, boots, ...server }) => ({
      ...server,
      ...present({ mac, boots }),
      lastMs: Date.parse(last),
    }));
    return { dhcp, ...(heard === undefined ? {} : { heard }) };
  } catch {
    return {};
  }
}
