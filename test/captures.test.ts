/**
 * Every DHCP packet of every capture, decoded, and what we would answer: compared with the file beside it.
 *
 * `UPDATE_GOLDEN=1 npm run test:unit` writes the files anew; read the difference before you commit it.
 */

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { decide } from "../src/boot/decide.ts";
import { answer } from "../src/boot/dhcp/answer.ts";
import { destination } from "../src/boot/dhcp/destination.ts";
import { identify } from "../src/boot/dhcp/identify.ts";
import type { DhcpPort } from "../src/boot/dhcp/reply-type.ts";
import { BOOTREQUEST, decodePacket, encodePacket } from "../src/wire/dhcp/packet.ts";
import { type CapturedDatagram, udpDatagrams } from "./support/captured.ts";
import { describePacket } from "./support/describe-packet.ts";
import { worldForEveryone } from "./support/worlds.ts";

const FOLDER = new URL("./captures/", import.meta.url);
/** Those with DHCP in them. */
const CAPTURES = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".pcap"))
  .filter((name) => dhcpDatagrams(name).length > 0);
/** The boot server of the recordings. */
const SELF = "10.77.0.2";

function dhcpDatagrams(name: string): CapturedDatagram[] {
  return udpDatagrams(readFileSync(new URL(name, FOLDER))).filter(({ datagram }) =>
    [datagram.source.port, datagram.destination.port].some((port) => port === 67 || port === 4011),
  );
}

function ourReply({ source, destination: to, payload }: CapturedDatagram["datagram"]): unknown {
  const request = decodePacket(payload);
  if (request.op !== BOOTREQUEST) return undefined;
  const client = identify(request);
  if (client === undefined) return { silence: "no netboot client" };
  const port: DhcpPort = to.port === 4011 ? 4011 : 67;
  const decision = decide(client, worldForEveryone());
  const server = { arrival: { self: SELF }, port, ports: { http: 8080, tftp: 69 } };
  const reply = answer(request, client, decision, server);
  if (reply === undefined) return { client, silence: "not asked of us" };
  const { address, port: toPort } = destination(request, reply, port, source);
  return {
    client,
    to: `${address}:${toPort}`,
    bytes: encodePacket(reply).length,
    reply: describePacket(reply),
  };
}

function describeCapture(name: string): unknown {
  return dhcpDatagrams(name).map(({ number, datagram }) => ({
    frame: number,
    from: `${datagram.source.address}:${datagram.source.port}`,
    to: `${datagram.destination.address}:${datagram.destination.port}`,
    packet: describePacket(decodePacket(datagram.payload)),
    ours: ourReply(datagram),
  }));
}

describe.each(CAPTURES)("%s", (name) => {
  const golden = new URL(name.replace(/\.pcap$/, ".golden.json"), FOLDER);

  test("decodes, and is answered, as the golden file beside it says", () => {
    const json = `${JSON.stringify(describeCapture(name), null, 2)}\n`;
    if (process.env.UPDATE_GOLDEN === "1") writeFileSync(golden, json);
    expect(JSON.parse(json)).toEqual(JSON.parse(readFileSync(golden, "utf8")));
  });

  test("survives encoding, field by field and option by option", () => {
    for (const { datagram } of dhcpDatagrams(name)) {
      const packet = decodePacket(datagram.payload);
      expect(decodePacket(encodePacket(packet, 1500))).toEqual(packet);
    }
  });
});
