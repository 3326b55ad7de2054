/**
 * The DHCP server in authoritative mode alone, as a program that a test starts in a namespace.
 *
 * Its one argument is JSON, see {@link LeaseServerSettings}. It prints a line `ready`, from then on every
 * event as a line of JSON, and on SIGTERM `closed`.
 */

import { type Subnet, subnetTable } from "../../src/boot/lease/subnet.ts";
import type { Arrival } from "../../src/boot/peer.ts";
import { startDhcpServer } from "../../src/io/dhcp/dhcp-server.ts";
import { openLeases } from "../../src/io/dhcp/lease-keeper.ts";
import { openStore } from "../../src/io/store/sqlite-store.ts";
import { createWorld } from "../../src/io/world.ts";
import { encodeAddresses } from "../../src/wire/dhcp/addresses.ts";
import { OPTION } from "../../src/wire/dhcp/option.ts";
import { reservation } from "./leases.ts";
import { worldFor } from "./worlds.ts";

export interface LeaseServerSettings {
  readonly interfaces: readonly Arrival[];
  readonly native: boolean;
  /** Where the leases are kept. */
  readonly folder: string;
  readonly subnets: readonly (Omit<Subnet, "options"> & { readonly router: string })[];
  /** Machines with an image: as hosts, and with these addresses. */
  readonly machines?: readonly { readonly mac: string; readonly address?: string }[];
  readonly observes?: boolean;
}

const settings: LeaseServerSettings = JSON.parse(process.argv[2] ?? "{}");
const { interfaces, native, machines = [], observes = false } = settings;
const world = createWorld(worldFor(...machines.map(({ mac }) => mac)));
world.subscribe((event) => {
  console.log(JSON.stringify(event, (_, value) => (value instanceof Error ? value.stack : value)));
});
const store = await openStore(settings.folder);
const subnets = settings.subnets.map(({ router, ...rest }) => ({
  ...rest,
  options: new Map([[OPTION.ROUTER as number, encodeAddresses([router])]]),
}));
const reservations = machines.flatMap(({ mac, address }) =>
  address === undefined ? [] : [reservation({ macs: [mac], addresses: [address] })],
);
const table = subnetTable(subnets, reservations);
const leases = await openLeases(store, () => table, Date.now());
const server = await startDhcpServer({
  ...{ world, interfaces, native, leases, observes },
  ports: { http: 8080, tftp: 69 },
});
process.once("SIGTERM", async () => {
  await server.close();
  await store.close();
  console.log("closed");
});
console.log("ready");
