/** `mayfly wake`: switches a machine on that waits for it (Wake-on-LAN). */

import { isHostName } from "../boot/hosts.ts";
import type { SettingsRequest } from "../config/load.ts";
import { ConfigError, quote } from "../config/mistake.ts";
import { host as hostSchema } from "../web/schema/hosts.ts";
import { wakeCall } from "../web/schema/machines.ts";
import { type Mac, parseMac } from "../wire/net/mac.ts";
import { type AdminClient, connectAdmin } from "./admin-client.ts";

/** @param who - a host's name, or a MAC address in any spelling */
export async function wake(request: SettingsRequest, who: string, json = false): Promise<string[]> {
  const client = await connectAdmin(request);
  const lines: string[] = [];
  const sent: { readonly mac: Mac; readonly interfaces: readonly string[] }[] = [];
  for (const mac of await macsOf(client, who)) {
    const { interfaces } = await client.ask(wakeCall, "POST", `machines/${mac}/wake`);
    sent.push({ mac, interfaces });
    lines.push(`A magic packet for ${mac} left by ${interfaces.join(", ")}.`);
  }
  if (json) return [JSON.stringify({ sent }, undefined, 2)];
  return [...lines, "Nobody answers one: 'mayfly machines --all' shows whether it comes."];
}

async function macsOf(client: AdminClient, who: string): Promise<readonly Mac[]> {
  const mac = parseMac(who);
  if (mac !== undefined) return [mac];
  if (!isHostName(who)) {
    throw new ConfigError([{ place: "HOST", read: quote(who), want: "a host's name, or a MAC address" }]);
  }
  const { macs } = await client.ask(hostSchema, "GET", `hosts/${who}`);
  if (macs.length > 0) return macs;
  throw new Error(`no MAC address of ${who} is known; name it: 'mayfly wake MAC'`);
}
