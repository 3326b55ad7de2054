import { expect, test } from "vitest";
import { subnetTable } from "../../../src/boot/lease/subnet.ts";
import { makeProbe, mayflyMode, probeMac } from "../../../src/boot/other-servers/probe.ts";
import type { Peer } from "../../../src/boot/peer.ts";
import { createDhcpHandler } from "../../../src/io/dhcp/dhcp-handler.ts";
import { openLeases } from "../../../src/io/dhcp/lease-keeper.ts";
import { createAttribution } from "../../../src/io/ladder/attribution.ts";
import { startLadders } from "../../../src/io/ladder/ladders.ts";
import { createMemoryStore } from "../../../src/io/store/store.ts";
import { createWorld } from "../../../src/io/world.ts";
import { decodeMessageType } from "../../../src/wire/dhcp/message-type.ts";
import { OPTION } from "../../../src/wire/dhcp/option.ts";
import { type DhcpPacket, decodePacket, encodePacket } from "../../../src/wire/dhcp/packet.ts";
import { logEvents } from "../../support/event-log.ts";
import { ask as leaseAsk, SELF, subnet } from "../../support/leases.ts";
import { pxeClass } from "../../support/packets.ts";
import { DEFAULT_HOST, GENERATION, snapshotOf } from "../../support/worlds.ts";

const QUESTION = encodePacket(makeProbe({ mac: probeMac(Uint8Array.of(1, 2, 3)), arch: 7, xid: 7, secs: 0 }));

async function ask(observes: boolean) {
  const world = createWorld(snapshotOf([{ ...DEFAULT_HOST, image: "beta" }], GENERATION));
  const log = logEvents(world);
  const attribution = createAttribution(world);
  const handler = await createDhcpHandler(
    { world, ports: { http: 8080, tftp: 69 }, attribution, observes },
    undefined,
  );
  const sent: (readonly [Uint8Array, Peer])[] = [];
  handler.handle({
    bytes: QUESTION,
    peer: { address: "10.77.0.50", port: 68 },
    arrival: { interface: "eth0", self: "10.77.0.2", mtu: 1500 },
    port: 67,
    wasBroadcast: true,
    reply: (bytes, to) => void sent.push([bytes, to]),
  });
  await handler.idle();
  return { sent, events: log.all, owner: attribution.whose("10.77.0.50") };
}

test("a doctor's question is answered to everybody, and leaves no trace, even where every machine has an image", async () => {
  const { sent, events, owner } = await ask(false);
  expect(sent.map(([bytes, to]) => [mayflyMode(decodePacket(bytes)), to])).toEqual([
    ["proxy", { address: "255.255.255.255", port: 68 }],
  ]);
  expect(events).toEqual([]);
  expect(owner).toBeUndefined();
});

test("in observe mode not even that is answered", async () => {
  expect((await ask(true)).sent).toEqual([]);
});

const ARRIVAL = { interface: "eth0", self: SELF, mtu: 1500 };

/** A server that gives addresses, with all that listens to its requests; gives the replies to one. */
async function givesAddresses(): Promise<(request: DhcpPacket) => Promise<DhcpPacket[]>> {
  const world = createWorld();
  const store = createMemoryStore();
  const handler = await createDhcpHandler(
    {
      ...{ world, ports: { http: 8080, tftp: 69 } },
      attribution: createAttribution(world),
      ladders: await startLadders({ world, store }),
      leases: await openLeases(store, () => subnetTable([subnet()]), 0),
    },
    undefined,
  );
  return async (request) => {
    const replies: DhcpPacket[] = [];
    handler.handle({
      bytes: encodePacket(request),
      peer: { address: "0.0.0.0", port: 68 },
      arrival: ARRIVAL,
      port: 67,
      wasBroadcast: true,
      reply: (bytes) => void replies.push(decodePacket(bytes)),
    });
    await handler.idle();
    return replies;
  };
}

test.each([
  ["97 of 16 bytes", OPTION.CLIENT_UUID, new Uint8Array(16).fill(7)],
  ["97 of an unknown type", OPTION.CLIENT_UUID, Uint8Array.of(255, ...new Uint8Array(16).fill(7))],
  ["175 that ends too soon", OPTION.IPXE, Uint8Array.of(177, 200, 1)],
])(
  "a machine that netboots with an option %s gets the address that it was offered",
  async (_, code, value) => {
    const send = await givesAddresses();
    const facts = { vendorClass: pxeClass(7), archs: [7], options: new Map([[code as number, value]]) };
    const [offer] = await send(leaseAsk("DISCOVER", facts));
    const wants = offer?.yiaddr ?? "";
    expect(wants).toMatch(/^10\.0\.0\.10\d$/);
    const [ack] = await send(leaseAsk("REQUEST", { ...facts, wants, server: SELF }));
    expect(decodeMessageType(ack?.options.get(OPTION.MESSAGE_TYPE) ?? new Uint8Array())).toBe("ACK");
    expect(ack?.yiaddr).toBe(wants);
  },
);
