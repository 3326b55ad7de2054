import { expect, test } from "vitest";
import { makeProbe, mayflyMode, probeMac } from "../../../src/boot/other-servers/probe.ts";
import type { Peer } from "../../../src/boot/peer.ts";
import { createDhcpHandler } from "../../../src/io/dhcp/dhcp-handler.ts";
import { createAttribution } from "../../../src/io/ladder/attribution.ts";
import { createWorld } from "../../../src/io/world.ts";
import { decodePacket, encodePacket } from "../../../src/wire/dhcp/packet.ts";
import { logEvents } from "../../support/event-log.ts";
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
