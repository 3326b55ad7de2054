/** What the configuration may hold about addresses: subnets, reservations, and the addresses of hosts. */

import * as z from "zod";
import { isDomain, optionCodeWanted, parseOptionCode } from "./dhcp-options.ts";
import { clientIds, macs, serials, uuids } from "./raw-identities.ts";
import { list, oneOrMore, text, wholeNumber } from "./raw-parts.ts";
import { isAddress, isSubnet, parsePool } from "./subnet-values.ts";

const WANT = {
  subnet: "a network of 2 to 16777214 addresses such as 10.0.0.0/24",
  subnets: "a list of subnets, as in 'subnets: [{ subnet: 10.0.0.0/24 }]'",
  pool: "a range of at most 65536 addresses such as 10.0.0.100-10.0.0.200, or one address",
  pools: "a list of ranges of addresses such as [10.0.0.100-10.0.0.200]",
  address: "an IPv4 address such as 10.0.0.7",
  addresses: "an IPv4 address such as 10.0.0.7, or a list of them",
  domain: "a domain such as example.net",
  mtu: "a whole number of bytes from 576 to 65535",
  leaseSeconds: "a whole number of seconds from 60 to 31536000",
  conflictSeconds: "a whole number of seconds from 0 to 31536000",
  probe: "true or false",
  options: "options by number, as in 'options: { 42: 10.0.0.1 }'",
  option: "a value, or a list of values",
  reservations: "a list of reservations such as [{ address: 10.0.0.7, macs: [52:54:00:12:34:56] }]",
} as const;

const address = text(WANT.address, isAddress, "^[0-9.]+$");
const addresses = oneOrMore(address, WANT.addresses);

const optionCode = z
  .string()
  .superRefine((code, context) => {
    if (parseOptionCode(code) === undefined) {
      context.addIssue({ code: "custom", message: optionCodeWanted(code), input: code });
    }
  })
  .meta({ pattern: "^[0-9]{1,3}$" });
const optionItem = z.union([z.string(), z.number(), z.boolean()], { error: WANT.option });
// What each of them takes depends on its number: that is checked with the subnets.
const options = z.record(optionCode, oneOrMore(optionItem, WANT.option), { error: WANT.options });

const RESERVATION_SHAPE = {
  address: address.describe("The address, of this subnet, in a pool or not."),
  macs: macs.nullish().describe("MAC addresses that get it."),
  clientIds: clientIds.nullish().describe("Client ids (option 61) that get it, in hex."),
  uuids: uuids.nullish().describe("SMBIOS UUIDs that get it."),
  serials: serials.nullish().describe("Serial numbers of Raspberry Pis that get it."),
  options: options.nullish().describe("DHCP options for it alone, by number."),
};

const reservation = z.strictObject(RESERVATION_SHAPE, {
  error: `keys of a reservation: ${Object.keys(RESERVATION_SHAPE).join(", ")}`,
});

const SUBNET_SHAPE = {
  subnet: text(WANT.subnet, isSubnet, "^[0-9.]+/[0-9]{1,2}$").describe("The network, as in 10.0.0.0/24."),
  pools: list(
    text(WANT.pool, (value) => parsePool(value) !== undefined, "^[0-9. -]+$"),
    WANT.pools,
  )
    .nullish()
    .describe("Addresses for whoever asks. []: for hosts and reservations only. Default: the upper half."),
  router: addresses.nullish().describe("The router, or several, the preferred one first. Default: none."),
  dns: addresses.nullish().describe("Name servers, the preferred one first. Default: none."),
  domain: text(WANT.domain, isDomain).nullish().describe("The domain of the machines. Default: none."),
  ntp: addresses.nullish().describe("Time servers. Default: none."),
  mtu: wholeNumber(WANT.mtu, 576, 65_535)
    .nullish()
    .describe("The largest IP packet, in bytes. Default: as the network card has it."),
  leaseSeconds: wholeNumber(WANT.leaseSeconds, 60, 31_536_000)
    .nullish()
    .describe("How long an address is leased. Default: 43200, twelve hours."),
  maxLeaseSeconds: wholeNumber(WANT.leaseSeconds, 60, 31_536_000)
    .nullish()
    .describe("The most that a client gets that asks for more. Default: 86400, or leaseSeconds."),
  conflictSeconds: wholeNumber(WANT.conflictSeconds, 0, 31_536_000)
    .nullish()
    .describe("How long an address is avoided that somebody uses without asking. Default: 3600."),
  probe: z
    .boolean({ error: WANT.probe })
    .nullish()
    .describe("Whether an address of a pool is probed before its first lease. Default: true."),
  options: options.nullish().describe("Further DHCP options, by number."),
  reservations: list(reservation, WANT.reservations)
    .nullish()
    .describe("Addresses of machines that are no hosts: printers, switches, controllers."),
};

/** One entry of `subnets:`. */
export const subnet = z.strictObject(SUBNET_SHAPE, {
  error: `keys of a subnet: ${Object.keys(SUBNET_SHAPE).join(", ")}`,
});

/** The key `subnets`. */
export const subnets = list(subnet, WANT.subnets)
  .nullish()
  .describe("The networks that addresses are given on, with 'dhcp: authoritative'.");

/** The keys of a host that are about its address. */
export const HOST_ADDRESS_SHAPE = {
  address: addresses
    .nullish()
    .describe("Its address with 'dhcp: authoritative', or one in each subnet. Default: one of a pool."),
  clientIds: clientIds.nullish().describe("Client ids (option 61) of the machine, in hex."),
  options: options.nullish().describe("DHCP options for this host alone, by number."),
};

export type RawSubnet = z.infer<typeof subnet>;
export type RawReservation = z.infer<typeof reservation>;
export type RawOptions = z.infer<typeof options>;

export const SUBNET_KEYS: readonly string[] = Object.keys(SUBNET_SHAPE);
export const RESERVATION_KEYS: readonly string[] = Object.keys(RESERVATION_SHAPE);
/** Those of the keys that are numbers. */
export const SUBNET_NUMBER_KEYS: readonly string[] = [
  "mtu",
  "leaseSeconds",
  "maxLeaseSeconds",
  "conflictSeconds",
];
