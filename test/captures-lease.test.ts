/**
 * Captures of machines that got their address and their boot file from one server, as we answer them in
 * authoritative mode: compared with the file beside each.
 *
 * `UPDATE_GOLDEN=1 npm run test:unit` writes the files anew; read the difference before you commit it.
 */

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { decide } from "../src/boot/decide.ts";
import { answerLease } from "../src/boot/dhcp/answer-lease.ts";
import { bootPart } from "../src/boot/dhcp/boot-part.ts";
import { destination } from "../src/boot/dhcp/destination.ts";
import { identify } from "../src/boot/dhcp/identify.ts";
import { replyLimit } from "../src/boot/dhcp/reply-type.ts";
import { describeLease } from "../src/boot/lease/describe-lease.ts";
import { BOOTREQUEST, type DhcpPacket, decodePacket, encodePacket } from "../src/wire/dhcp/packet.ts";
import { udpDatagrams } from "./support/captured.ts";
import { describePacket } from "./support/describe-packet.ts";
import { type Edk2Offer, edk2Offer } from "./support/edk2-offer.ts";
import { type LeaseRig, leaseRig, subnet } from "./support/leases.ts";
import { worldForEveryone } from "./support/worlds.ts";

const FOLDER = new URL("./captures/", import.meta.url);
const CAPTURES = readdirSync(FOLDER).filter((name) => /full-dhcp.*\.pcap$|^u-boot.*\.pcap$/.test(name));
/** The DHCP server of the recordings, which the machines' REQUESTs name. */
const ARRIVAL = { self: "10.77.0.1", mtu: 1500 };

function requests(name: string) {
  const datagrams = udpDatagrams(readFileSync(new URL(name, FOLDER)));
  const startMs = datagrams[0]?.timeMs ?? 0;
  return datagrams.flatMap(({ number, datagram, timeMs }) => {
    if (datagram.destination.port !== 67) return [];
    const request = decodePacket(datagram.payload);
    return request.op === BOOTREQUEST
      ? [{ number, request, from: datagram.source, atMs: Math.round(timeMs - startMs) }]
      : [];
  });
}

function network(): LeaseRig {
  const pools = [{ first: "10.77.0.100", last: "10.77.0.199" }];
  return leaseRig([subnet({ network: "10.77.0.0", pools })]);
}

function ours(request: DhcpPacket, rig: LeaseRig) {
  const client = identify(request);
  const server = { arrival: ARRIVAL, port: 67, ports: { http: 8080, tftp: 69 } } as const;
  const boot = client && bootPart(request, client, decide(client, worldForEveryone()), server);
  const own = { self: ARRIVAL.self, ownAddresses: [ARRIVAL.self] };
  const decision = rig.decide({ request, ...own, ...(client !== undefined && { client }) });
  return { client, decision, reply: answerLease(request, decision, ARRIVAL, boot) };
}

function describeCapture(name: string): unknown {
  const rig = network();
  return requests(name).map(({ number, request, from, atMs }) => {
    rig.nowMs = atMs;
    const { client, decision, reply } = ours(request, rig);
    if (reply === undefined) return { frame: number, client, decision: describeLease(decision) };
    const { address, port } = destination(request, reply, 67, from);
    return {
      frame: number,
      client,
      decision: describeLease(decision),
      to: `${address}:${port}`,
      bytes: encodePacket(reply, replyLimit(request, ARRIVAL.mtu)).length,
      reply: describePacket(reply),
    };
  });
}

describe.each(CAPTURES)("%s, by a server that gives the addresses too", (name) => {
  const golden = new URL(name.replace(/\.pcap$/, ".lease.golden.json"), FOLDER);

  test("is answered as the golden file beside it says", () => {
    const json = `${JSON.stringify(describeCapture(name), null, 2)}\n`;
    if (process.env.UPDATE_GOLDEN === "1") writeFileSync(golden, json);
    expect(JSON.parse(json)).toEqual(JSON.parse(readFileSync(golden, "utf8")));
  });

  test("is one lease for all rounds of one boot, whatever each of them sends as its client id", () => {
    const rig = network();
    for (const { request } of requests(name)) ours(request, rig);
    expect([...rig.kept.values()].filter(({ state }) => state === "leased")).toHaveLength(1);
  });

  test("gets from us, wherever it is UEFI, an offer that it takes without asking 4011 (Q2)", () => {
    const rig = network();
    const offers = requests(name).flatMap(({ request }): Edk2Offer[] => {
      const { client, reply } = ours(request, rig);
      return client?.stage === "uefi" && reply !== undefined ? [edk2Offer(reply)] : [];
    });
    for (const { type, hasBootFile } of offers) {
      expect({ type, hasBootFile }).toEqual({ type: "dhcp-only", hasBootFile: true });
    }
    expect(offers.length > 0).toBe(/(ovmf|aavmf).*ipxe|u-boot/.test(name));
  });
});
