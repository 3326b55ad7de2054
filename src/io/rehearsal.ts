/**
 * Rehearses a boot storm: requests that nobody sent go through the server's own code, in a world of their
 * own, and their answers to nobody.
 *
 * A program that has just started takes milliseconds for what it does in microseconds once V8 has compiled
 * it; and after a power cut a server starts when all of its machines do.
 */

import { setTimeout as delay } from "node:timers/promises";
import type { BootEvent } from "../boot/event.ts";
import type { Generation } from "../boot/generation.ts";
import type { Host } from "../boot/host.ts";
import type { Subnet } from "../boot/lease/subnet.ts";
import { subnetTable } from "../boot/lease/subnet.ts";
import { apply, EMPTY_SNAPSHOT } from "../boot/snapshot.ts";
import { encodeClientArch } from "../wire/dhcp/client-arch.ts";
import { encodeClientUuid } from "../wire/dhcp/client-uuid.ts";
import { encodeMessageType, type MessageType } from "../wire/dhcp/message-type.ts";
import { OPTION } from "../wire/dhcp/option.ts";
import { BOOTREQUEST, ETHERNET, encodePacket } from "../wire/dhcp/packet.ts";
import { encodeVendorClass } from "../wire/dhcp/vendor-class.ts";
import { UNSPECIFIED } from "../wire/net/ipv4.ts";
import { createDhcpHandler } from "./dhcp/dhcp-handler.ts";
import type { Datagram } from "./dhcp/dhcp-socket.ts";
import { openLeases } from "./dhcp/lease-keeper.ts";
import { startJournal } from "./journal.ts";
import { createAttribution } from "./ladder/attribution.ts";
import { startLadders } from "./ladder/ladders.ts";
import { startSeenMachines } from "./machines/seen-machines.ts";
import { createMemoryStore, type Store } from "./store/store.ts";
import { createWorld } from "./world.ts";

export interface RehearsalOptions {
  /** Whether the server gives addresses too. */
  readonly givesAddresses: boolean;
  /** Ends it early. */
  readonly signal: AbortSignal;
}

/** How many requests: V8's best compiler is done with nearly all of the code by then. */
const REQUESTS = 4_000;
/** All the time that it may take of the processor, in milliseconds. */
const WORK_MS = 300;
/** At a stretch: a machine that asks meanwhile does not wait longer. */
const SLICE_MS = 1;
const PAUSE_MS = 1;

export interface Rehearsed {
  readonly answered: number;
  /** Bugs and refused packets: none, unless the server has changed and the rehearsal has not. */
  readonly mistakes: readonly BootEvent[];
}

/** Resolves when it is over. Whoever asks meanwhile is answered in between. */
export async function rehearse({ givesAddresses, signal }: RehearsalOptions): Promise<Rehearsed> {
  const stage = await setStage(givesAddresses);
  let answered = 0;
  const cast = datagrams(() => {
    answered++;
  });
  let done = 0;
  let workedMs = 0;
  while (done < REQUESTS && workedMs < WORK_MS && !signal.aborted) {
    const sliceFromMs = performance.now();
    while (performance.now() - sliceFromMs < SLICE_MS) {
      const datagram = cast[done++ % cast.length];
      if (datagram !== undefined) stage.handle(datagram);
    }
    workedMs += performance.now() - sliceFromMs;
    await delay(PAUSE_MS);
  }
  await stage.clear();
  return { answered, mistakes: stage.mistakes };
}

/** A server without sockets, log and disk. */
async function setStage(givesAddresses: boolean) {
  const world = createWorld(SNAPSHOT);
  const mistakes: BootEvent[] = [];
  world.subscribe((event) => {
    if (event.type === "bug" || event.type === "malformed") mistakes.push(event);
  });
  const journal = await startJournal(world, {
    level: "info",
    readable: false,
    stream: { write: () => {} },
  });
  const machines = startSeenMachines({ world, store: NO_STORE });
  const handler = await createDhcpHandler(
    {
      ...{ world, ports: { http: 8080, tftp: 69 } },
      ladders: await startLadders({ world, store: NO_STORE }),
      attribution: createAttribution(world),
      ...(givesAddresses && { leases: await openLeases(NO_STORE, () => TABLE, Date.now()) }),
    },
    undefined,
  );
  return {
    mistakes,
    handle: handler.handle,
    async clear() {
      await handler.idle();
      journal.close();
      await machines.close();
    },
  };
}

const NO_STORE: Store = { ...createMemoryStore(), put: async () => {} };

/** Of the addresses that are for documentation. @see RFC 5737 */
const SELF = "192.0.2.1";
const SUBNET: Subnet = {
  ...{ network: "192.0.2.0", length: 24, pools: [{ first: "192.0.2.100", last: "192.0.2.250" }] },
  ...{ leaseSeconds: 3600, maxLeaseSeconds: 3600, conflictSeconds: 600, probe: false, options: new Map() },
};

const TABLE = subnetTable([SUBNET], []);

const HOST: Host = {
  ...{ name: "default", macs: [], uuids: [], serials: [] },
  ...{ image: "default", kernelParams: "", onFailure: "next" },
};
const GENERATION: Generation = {
  ...{ id: "rehearsal", shape: "plain", path: "/", kernelParams: "" },
  kernel: { file: "kernel" },
  initrds: ["initrd"],
  files: new Map([
    ["kernel", 1],
    ["initrd", 1],
  ]),
};
const SNAPSHOT = apply(EMPTY_SNAPSHOT, [
  { type: "hosts", hosts: [HOST], defaultHost: HOST.name },
  { type: "published", image: HOST.image, generation: GENERATION },
  {
    type: "programs",
    programs: [
      { kind: "efi-x64", name: "ipxe-x64.efi", path: "/ipxe-x64.efi", sizeBytes: 1 },
      { kind: "bios-x86", name: "undionly.kpxe", path: "/undionly.kpxe", sizeBytes: 1 },
    ],
  },
]);

/** Who asks, how often among the others, and in what words. */
interface Part {
  readonly times: number;
  readonly port: 67 | 4011;
  readonly type: MessageType;
  readonly arch: number;
  /** Beside what every PXE client sends. */
  readonly options?: readonly (readonly [number, Uint8Array])[];
}

const USER_CLASS = new TextEncoder().encode("iPXE");
/** What iPXE says of itself: that it can do HTTP and boot a bzImage. */
const IPXE = Uint8Array.of(0x13, 1, 1, 0x18, 1, 1, 0x24, 1, 1, 0xeb, 3, 1, 21, 1);

const PARTS: readonly Part[] = [
  { times: 4, port: 67, type: "DISCOVER", arch: 7 },
  { times: 1, port: 67, type: "DISCOVER", arch: 0 },
  { times: 1, port: 4011, type: "REQUEST", arch: 7 },
  {
    ...{ times: 2, port: 67, type: "DISCOVER", arch: 7 },
    options: [
      [OPTION.USER_CLASS, USER_CLASS],
      [OPTION.IPXE, IPXE],
    ],
  },
];
const MACHINES = 32;

function datagrams(reply: () => void): readonly Datagram[] {
  const whole = PARTS.flatMap((part) => Array.from({ length: part.times }, () => part));
  return Array.from({ length: MACHINES }, (_, machine) =>
    whole.map((part, index) => ({ ...datagramOf(part, machine, machine * whole.length + index), reply })),
  ).flat();
}

function datagramOf(
  { port, type, arch, options = [] }: Part,
  machine: number,
  xid: number,
): Omit<Datagram, "reply"> {
  const uuid = `00000000-0000-4000-8000-0000000000${String(machine).padStart(2, "0")}`;
  const bytes = encodePacket({
    ...{ op: BOOTREQUEST, htype: ETHERNET, hlen: 6, hops: 0, xid, secs: 0, flags: 0 },
    ...{ ciaddr: UNSPECIFIED, yiaddr: UNSPECIFIED, siaddr: UNSPECIFIED, giaddr: UNSPECIFIED },
    // An address that somebody made up, as its second bit says.
    chaddr: Uint8Array.of(2, 0, 0, 0, 0, machine, ...new Uint8Array(10)),
    ...{ sname: "", file: "" },
    options: new Map<number, Uint8Array>([
      [OPTION.MESSAGE_TYPE, encodeMessageType(type)],
      [OPTION.VENDOR_CLASS, encodeVendorClass(`PXEClient:Arch:${String(arch).padStart(5, "0")}:UNDI:003000`)],
      [OPTION.CLIENT_ARCH, encodeClientArch([arch])],
      [OPTION.CLIENT_UUID, encodeClientUuid(uuid)],
      ...options,
    ]),
  });
  return {
    // As the sockets give it.
    bytes: Buffer.from(bytes),
    peer: { address: UNSPECIFIED, port: 68 },
    arrival: { interface: "rehearsal", self: SELF, mtu: 1500 },
    port,
    wasBroadcast: port === 67,
  };
}
