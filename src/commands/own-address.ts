/** Which of this machine's addresses is meant, where a command needs one without a server running. */

import { ConfigError, quote } from "../config/mistake.ts";
import type { Settings } from "../config/settings.ts";
import { servedInterfaces } from "../io/system/interfaces.ts";
import { type Ipv4, parseIpv4 } from "../wire/net/ipv4.ts";

/**
 * The address that machines reach us at: the one that was typed, else that of the one served interface.
 *
 * @throws ConfigError when several interfaces are served, or none is: the message names what to type
 */
export async function chooseAddress(
  { interfaces }: Pick<Settings, "interfaces">,
  typed: string | undefined,
): Promise<Ipv4> {
  if (typed !== undefined) {
    const address = parseIpv4(typed);
    if (address !== undefined) return address;
    throw mistake(quote(typed), "an IPv4 address such as 192.168.1.10");
  }
  const arrivals = await servedInterfaces(interfaces).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw mistake("nothing", `the address at which machines reach this server, since there is ${reason}`);
  });
  const [first, ...others] = arrivals;
  if (first !== undefined && others.length === 0) return first.self;
  const choices = arrivals.map(({ self, interface: name }) => `${self} (${name})`).join(", ");
  throw mistake("nothing", `one of this machine's addresses: ${choices}`);
}

function mistake(read: string, want: string): ConfigError {
  return new ConfigError([{ place: "--address", read, want }]);
}
