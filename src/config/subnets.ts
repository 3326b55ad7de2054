/** The subnets and reservations of a configuration that was checked, in the form used inside. */

import type { DhcpOptions, Reservation, Subnet } from "../boot/lease/subnet.ts";
import { encodeAddresses } from "../wire/dhcp/addresses.ts";
import { encodeNumber } from "../wire/dhcp/numbers.ts";
import { encodeText } from "../wire/dhcp/text.ts";
import { parseMac } from "../wire/net/mac.ts";
import { parseOptionCode, readOption } from "./dhcp-options.ts";
import type { RawConfig, RawHost } from "./raw.ts";
import type { RawOptions, RawReservation, RawSubnet } from "./raw-subnet.ts";
import { DEFAULTS, defaultPool, parseClientId, parsePool, parseSubnet } from "./subnet-values.ts";
import { parseUuid } from "./values.ts";

const OPTION = { ROUTER: 3, DNS: 6, DOMAIN: 15, MTU: 26, NTP: 42 } as const;

/** The subnets, in the order of the file. */
export function subnetsOf(config: RawConfig): Subnet[] {
  return (config.subnets ?? []).flatMap((raw) => subnetOf(raw) ?? []);
}

/** What is reserved, by hosts and by the subnets themselves. A host without an address has its options and its name. */
export function reservationsOf(config: RawConfig): Reservation[] {
  const hosts = Object.entries(config.hosts ?? {}).map(([name, host]) => ofHost(name, host ?? {}));
  const others = (config.subnets ?? []).flatMap(({ reservations }) => (reservations ?? []).map(ofSubnet));
  return [...hosts, ...others];
}

function subnetOf(raw: RawSubnet): Subnet | undefined {
  const prefix = parseSubnet(raw.subnet);
  if (prefix === undefined) return undefined;
  const leaseSeconds = raw.leaseSeconds ?? DEFAULTS.leaseSeconds;
  return {
    ...prefix,
    ...(raw.pools == null
      ? { pools: [defaultPool(prefix)], hasDefaultPool: true }
      : { pools: raw.pools.flatMap((pool) => parsePool(pool) ?? []) }),
    options: subnetOptions(raw),
    leaseSeconds,
    maxLeaseSeconds: raw.maxLeaseSeconds ?? Math.max(DEFAULTS.maxLeaseSeconds, leaseSeconds),
    conflictSeconds: raw.conflictSeconds ?? DEFAULTS.conflictSeconds,
    probe: raw.probe ?? DEFAULTS.probe,
  };
}

function subnetOptions({ router, dns, domain, ntp, mtu, options }: RawSubnet): DhcpOptions {
  const addresses = (code: number, value: string | string[] | null | undefined) =>
    value == null || value.length === 0 ? [] : [[code, encodeAddresses([value].flat())] as const];
  return new Map<number, Uint8Array>([
    ...addresses(OPTION.ROUTER, router),
    ...addresses(OPTION.DNS, dns),
    ...(domain == null ? [] : [[OPTION.DOMAIN, encodeText(domain)] as const]),
    ...(mtu == null ? [] : [[OPTION.MTU, encodeNumber(mtu, 2)] as const]),
    ...addresses(OPTION.NTP, ntp),
    ...optionsOf(options),
  ]);
}

function optionsOf(raw: RawOptions | null | undefined): DhcpOptions {
  return new Map(
    Object.entries(raw ?? {}).flatMap(([text, value]) => {
      const code = parseOptionCode(text);
      const read = code === undefined ? undefined : readOption(code, value);
      return code === undefined || read === undefined || !("value" in read)
        ? []
        : [[code, read.value] as const];
    }),
  );
}

function ofHost(name: string, host: RawHost): Reservation {
  const own = parseMac(name);
  const { address, macs, ...rest } = host;
  return {
    ...identities({ ...rest, macs: [...(own === undefined ? [] : [own]), ...(macs ?? [])] }),
    host: name,
    addresses: [address ?? []].flat(),
    options: optionsOf(host.options),
  };
}

function ofSubnet(raw: RawReservation): Reservation {
  return { ...identities(raw), addresses: [raw.address], options: optionsOf(raw.options) };
}

type Identities = Pick<RawReservation, "macs" | "clientIds" | "uuids" | "serials">;

function identities({ macs, clientIds, uuids, serials }: Identities) {
  return {
    macs: [...new Set((macs ?? []).flatMap((text) => parseMac(text) ?? []))],
    clientIds: (clientIds ?? []).flatMap((text) => parseClientId(text) ?? []),
    uuids: (uuids ?? []).flatMap((text) => parseUuid(text) ?? []),
    serials: serials ?? [],
  };
}
