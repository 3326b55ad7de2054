/** Which of this machine's addresses is meant, where a command needs one without a server running. */

import type { Arrival } from "../boot/peer.ts";
import { chooseInterfaces } from "../boot/server/served-interfaces.ts";
import { ConfigError, quote } from "../config/mistake.ts";
import type { Settings } from "../config/settings.ts";
import { presentInterfaces } from "../io/system/interfaces.ts";
import { type Ipv4, parseIpv4 } from "../wire/net/ipv4.ts";

type AddressSettings = Pick<Settings, "interfaces" | "publicAddress">;

/**
 * The address that machines reach us at: the one that was typed, else that of the one served interface.
 *
 * @throws ConfigError when several interfaces are served, or none is: the message names what to type
 */
export async function chooseAddress(settings: AddressSettings, typed: string | undefined): Promise<Ipv4> {
  const [first, ...others] = await servedAddresses(settings, typed);
  if (first !== undefined && others.length === 0) return first.self;
  const choices = [first, ...others].map((each) => `${each?.self} (${each?.interface})`).join(", ");
  throw mistake("nothing", `one of this machine's addresses: ${choices}`);
}

/**
 * Our addresses: the one that was typed alone, else those of all served interfaces; at least one.
 *
 * @throws ConfigError when no interface is served
 */
export async function ownAddresses(
  settings: AddressSettings,
  typed: string | undefined,
): Promise<readonly Ipv4[]> {
  return (await servedAddresses(settings, typed)).map(({ self }) => self);
}

async function servedAddresses(
  { interfaces, publicAddress }: AddressSettings,
  typed: string | undefined,
): Promise<readonly Pick<Arrival, "self" | "interface">[]> {
  if (typed !== undefined) {
    const self = parseIpv4(typed);
    if (self !== undefined) return [{ self, interface: "" }];
    throw mistake(quote(typed), "an IPv4 address such as 192.168.1.10");
  }
  const wishes = { named: interfaces, ...(publicAddress === undefined ? {} : { publicAddress }) };
  const { arrivals, lacking } = chooseInterfaces(await presentInterfaces(), wishes);
  if (lacking === undefined) return arrivals;
  throw mistake("nothing", `the address at which machines reach this server, since there is ${lacking}`);
}

function mistake(read: string, want: string): ConfigError {
  return new ConfigError([{ place: "--address", read, want }]);
}
