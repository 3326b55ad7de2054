/** Nothing that arrives may make the leases anything but a decision or a WireError, or give an address away twice. */

import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { answerLease } from "../../../src/boot/dhcp/answer-lease.ts";
import { identify } from "../../../src/boot/dhcp/identify.ts";
import { replyLimit } from "../../../src/boot/dhcp/reply-type.ts";
import { decodePacket, encodePacket } from "../../../src/wire/dhcp/packet.ts";
import { WireError } from "../../../src/wire/error.ts";
import { udpDatagrams } from "../../support/captured.ts";
import { leaseRig, subnet } from "../../support/leases.ts";
import { createRandom, mutate } from "../../support/random.ts";

const CASES = 20_000;
const FOLDER = new URL("../../captures/", import.meta.url);
const ARRIVAL = { self: "10.77.0.1", mtu: 1500 };

function captured(): Uint8Array[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith(".pcap"))
    .flatMap((name) => udpDatagrams(readFileSync(new URL(name, FOLDER))))
    .map(({ datagram }) => datagram)
    .filter(({ destination }) => destination.port === 67)
    .map(({ payload }) => payload);
}

test(`${CASES} mutated captures get an address, a refusal, silence or a WireError`, {
  timeout: 30_000,
}, () => {
  const random = createRandom(0x1ea5e);
  const seeds = captured();
  const pools = [{ first: "10.77.0.100", last: "10.77.0.199" }];
  const rig = leaseRig([subnet({ network: "10.77.0.0", pools })]);
  const seen = { granted: 0, refused: 0, silent: 0, malformed: 0 };
  for (let i = 0; i < CASES; i++) {
    rig.nowMs += 20_000;
    try {
      const request = decodePacket(mutate(seeds[i % seeds.length] ?? new Uint8Array(), random));
      const client = identify(request);
      const own = { self: ARRIVAL.self, ownAddresses: [ARRIVAL.self] };
      const decision = rig.decide({ request, ...own, ...(client !== undefined && { client }) });
      const reply = answerLease(request, decision, ARRIVAL);
      if (reply !== undefined) decodePacket(encodePacket(reply, replyLimit(request, 1500)));
      seen[reply === undefined ? "silent" : decision.type === "nak" ? "refused" : "granted"] += 1;
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      seen.malformed += 1;
    }
  }
  // All four happen often, or the mutations test nothing.
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(CASES / 200);
  expect(rig.kept.size).toBeLessThanOrEqual(100);
});
