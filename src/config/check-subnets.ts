/**
 * Checks what subnets, pools, reservations and the addresses of hosts say together: nothing may lie
 * outside its subnet, overlap, or be given to two.
 */

import type { Pool } from "../boot/lease/subnet.ts";
import { type Ipv4, ipv4FromNumber, ipv4Number, parseIpv4 } from "../wire/net/ipv4.ts";
import { formatIpv4Prefix, type Ipv4Prefix, ipv4Broadcast, prefixHas } from "../wire/net/ipv4-prefix.ts";
import { parseOptionCode, type RawOption, readOption } from "./dhcp-options.ts";
import type { Mistake } from "./mistake.ts";
import { entriesOf, field, itemsOf, mistakeAt, type Origin, type Path } from "./origin.ts";
import { isAddress, parsePool, parseSubnet } from "./subnet-values.ts";

/** A subnet as far as it could be read. */
interface SubnetAt {
  readonly path: Path;
  readonly keys: unknown;
  readonly prefix: Ipv4Prefix;
}

interface AddressAt {
  readonly path: Path;
  readonly address: Ipv4;
  /** As in `the host 'beta'`. */
  readonly owner: string;
  /** The subnet that it stands in; absent: any will do. */
  readonly subnet?: SubnetAt;
}

/** Looks at whatever can be read, so that it tells even where another mistake stands beside it. */
export function checkSubnets(value: unknown, origin: Origin): Mistake[] {
  const subnets = itemsOf(field(value, "subnets")).flatMap((keys, index) => {
    const text = field(keys, "subnet");
    const prefix = typeof text === "string" ? parseSubnet(text) : undefined;
    return prefix === undefined ? [] : [{ path: ["subnets", index], keys, prefix }];
  });
  return [
    ...overlappingSubnets(subnets, origin),
    ...subnets.flatMap((subnet) => [...poolMistakes(subnet, origin), ...timeMistakes(subnet, origin)]),
    ...reservedMistakes(value, subnets, origin),
    ...optionMistakes(value, origin),
  ];
}

function overlappingSubnets(subnets: readonly SubnetAt[], origin: Origin): Mistake[] {
  return subnets.flatMap((subnet, index) => {
    const other = subnets
      .slice(0, index)
      .find(
        ({ prefix }) => prefixHas(prefix, subnet.prefix.network) || prefixHas(subnet.prefix, prefix.network),
      );
    if (other === undefined) return [];
    const place = origin.placeOf([...other.path, "subnet"]);
    const want = `a network apart from the others: ${formatIpv4Prefix(other.prefix)} overlaps it (${place})`;
    return [mistakeAt([...subnet.path, "subnet"], want, origin)];
  });
}

function poolMistakes({ path, keys, prefix }: SubnetAt, origin: Origin): Mistake[] {
  const pools = itemsOf(field(keys, "pools")).flatMap((text, index) => {
    const pool = typeof text === "string" ? parsePool(text) : undefined;
    return pool === undefined ? [] : [{ pool, path: [...path, "pools", index] }];
  });
  const routers = addressesIn(field(keys, "router"));
  return pools.flatMap(({ pool, path: at }, index) => {
    const other = pools.slice(0, index).find((each) => overlap(each.pool, pool));
    const router = routers.find((address) => inPool(pool, address));
    const wants = [
      ...outside(prefix, pool),
      ...(other === undefined
        ? []
        : [
            `a range apart from the others: ${formatPool(other.pool)} overlaps it (${origin.placeOf(other.path)})`,
          ]),
      ...(router === undefined ? [] : [`a range without ${router}, which is the router's`]),
    ];
    return wants.map((want) => mistakeAt(at, want, origin));
  });
}

/** A range that leaves its subnet, or has one of the two addresses that no machine can have. */
function outside(prefix: Ipv4Prefix, pool: Pool): string[] {
  const network = formatIpv4Prefix(prefix);
  const [from, to] = [prefix.network, ipv4Broadcast(prefix)];
  if (!prefixHas(prefix, pool.first) || !prefixHas(prefix, pool.last)) {
    return [`a range within ${network}: ${next(from, 1)} to ${next(to, -1)}`];
  }
  return [
    ...(pool.first === from ? [`a range without ${from}, which is the network's own address`] : []),
    ...(pool.last === to ? [`a range without ${to}, which is the broadcast address`] : []),
  ];
}

function timeMistakes({ path, keys }: SubnetAt, origin: Origin): Mistake[] {
  const [usual, most] = [field(keys, "leaseSeconds"), field(keys, "maxLeaseSeconds")];
  if (typeof usual !== "number" || typeof most !== "number" || most >= usual) return [];
  return [mistakeAt([...path, "maxLeaseSeconds"], `at least leaseSeconds, ${usual}`, origin)];
}

/** What is reserved lies in a subnet, is a machine's to have, and is nobody else's. */
function reservedMistakes(value: unknown, subnets: readonly SubnetAt[], origin: Origin): Mistake[] {
  const owners = new Map<Ipv4, AddressAt>();
  const perSubnet = new Map<string, AddressAt>();
  return [...hostAddresses(value), ...subnets.flatMap(reservedIn)].flatMap((each) => {
    const wants = reservedWants(each, subnets);
    const first = owners.get(each.address);
    if (first !== undefined) {
      wants.push(`an address that no other has: ${first.owner} has it (${origin.placeOf(first.path)})`);
    }
    owners.set(each.address, first ?? each);
    const subnet = subnets.find(({ prefix }) => prefixHas(prefix, each.address));
    const own = `${each.owner} ${subnet && formatIpv4Prefix(subnet.prefix)}`;
    const earlier = perSubnet.get(own);
    if (subnet !== undefined && each.subnet === undefined && earlier !== undefined && first === undefined) {
      wants.push(
        `one address in ${formatIpv4Prefix(subnet.prefix)}: it has ${earlier.address} there already`,
      );
    }
    perSubnet.set(own, earlier ?? each);
    return wants.map((want) => mistakeAt(each.path, want, origin));
  });
}

function reservedWants({ address, subnet }: AddressAt, subnets: readonly SubnetAt[]): string[] {
  const home = subnet ?? subnets.find(({ prefix }) => prefixHas(prefix, address));
  if (home === undefined) {
    const known = subnets.map(({ prefix }) => formatIpv4Prefix(prefix)).join(", ");
    return [known === "" ? "a subnet of it under 'subnets:'" : `an address of a subnet: ${known}`];
  }
  const { prefix, keys } = home;
  if (!prefixHas(prefix, address)) return [`an address of its subnet, ${formatIpv4Prefix(prefix)}`];
  if (address === prefix.network) return ["the address of a machine: this is the network's own"];
  if (address === ipv4Broadcast(prefix)) return ["the address of a machine: this is for broadcasts"];
  const isRouter = addressesIn(field(keys, "router")).includes(address);
  return isRouter ? ["another address: this is the router's"] : [];
}

function hostAddresses(value: unknown): AddressAt[] {
  return entriesOf(field(value, "hosts")).flatMap(([host, keys]) => {
    const written = field(keys, "address");
    const owner = `the host '${host}'`;
    if (!Array.isArray(written)) return addressAt(written, ["hosts", host, "address"], owner);
    return written.flatMap((each, index) => addressAt(each, ["hosts", host, "address", index], owner));
  });
}

function reservedIn(subnet: SubnetAt): AddressAt[] {
  return itemsOf(field(subnet.keys, "reservations")).flatMap((keys, index) =>
    addressAt(
      field(keys, "address"),
      [...subnet.path, "reservations", index, "address"],
      "another reservation",
    ).map((each) => ({ ...each, subnet })),
  );
}

function addressAt(value: unknown, path: Path, owner: string): AddressAt[] {
  return typeof value === "string" && isAddress(value) ? [{ address: value, path, owner }] : [];
}

/** Options by number, wherever they may stand. */
function optionMistakes(value: unknown, origin: Origin): Mistake[] {
  const maps: readonly (readonly [Path, unknown])[] = [
    ...entriesOf(field(value, "hosts")).map(([host, keys]) => [["hosts", host], keys] as const),
    ...itemsOf(field(value, "subnets")).flatMap((subnet, i) => [
      [["subnets", i], subnet] as const,
      ...itemsOf(field(subnet, "reservations")).map(
        (keys, j) => [["subnets", i, "reservations", j], keys] as const,
      ),
    ]),
  ];
  return maps.flatMap(([path, keys]) =>
    entriesOf(field(keys, "options")).flatMap(([text, raw]) => {
      const code = parseOptionCode(text);
      if (code === undefined || !isOption(raw)) return [];
      const read = readOption(code, raw);
      return "want" in read ? [mistakeAt([...path, "options", text], read.want, origin)] : [];
    }),
  );
}

function isOption(raw: unknown): raw is RawOption {
  return [raw].flat().every((each) => ["string", "number", "boolean"].includes(typeof each));
}

function addressesIn(value: unknown): Ipv4[] {
  return [value].flat().flatMap((each) => (typeof each === "string" ? (parseIpv4(each) ?? []) : []));
}

function overlap(a: Pool, b: Pool): boolean {
  return ipv4Number(a.first) <= ipv4Number(b.last) && ipv4Number(b.first) <= ipv4Number(a.last);
}

function inPool({ first, last }: Pool, address: Ipv4): boolean {
  return overlap({ first, last }, { first: address, last: address });
}

function formatPool({ first, last }: Pool): string {
  return `${first}-${last}`;
}

function next(address: Ipv4, steps: number): Ipv4 {
  return ipv4FromNumber(ipv4Number(address) + steps);
}
