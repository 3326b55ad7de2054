/** Whether a host that was named is one: a slip in its name would be waited for in silence. */

import type { HostName } from "../boot/host.ts";
import { host as hostSchema } from "../web/schema/hosts.ts";
import { sessions as sessionPage } from "../web/schema/sessions.ts";
import type { AdminClient } from "./admin-client.ts";

/**
 * Resolves for a host that the server knows, and for one that the configuration names no more and that has booted.
 *
 * @throws Error that names it for any other
 */
export async function expectHost(client: AdminClient, name: HostName): Promise<void> {
  const { sessions } = await client.ask(sessionPage, "GET", `sessions?host=${name}&limit=1`);
  if (sessions.length === 0) await client.ask(hostSchema, "GET", `hosts/${name}`);
}
