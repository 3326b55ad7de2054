/** Nothing that arrives may cause anything but a value or a WireError. */

import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { decide } from "../../../src/boot/decide.ts";
import { answer } from "../../../src/boot/dhcp/answer.ts";
import { identify } from "../../../src/boot/dhcp/identify.ts";
import { replyLimit, replyType } from "../../../src/boot/dhcp/reply-type.ts";
import { decodePacket, encodePacket } from "../../../src/wire/dhcp/packet.ts";
import { WireError } from "../../../src/wire/error.ts";
import { udpDatagrams } from "../../support/captured.ts";
import { createRandom, mutate } from "../../support/random.ts";
import { worldForEveryone } from "../../support/worlds.ts";

const CASES = 30_000;
const FOLDER = new URL("../../captures/", import.meta.url);

function capturedDhcp(): Uint8Array[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith(".pcap"))
    .flatMap((name) => udpDatagrams(readFileSync(new URL(name, FOLDER))))
    .map(({ datagram }) => datagram)
    .filter(({ destination }) => destination.port === 67 || destination.port === 4011)
    .map(({ payload }) => payload);
}

// About a second's work, but the bound is for a machine that has other things to do.
test(`${CASES} mutated captures are answered, ignored or malformed, and nothing else`, {
  timeout: 30_000,
}, () => {
  const random = createRandom(0x6d617966);
  const seeds = capturedDhcp();
  const world = worldForEveryone();
  const seen = { answered: 0, ignored: 0, malformed: 0 };
  for (let i = 0; i < CASES; i++) {
    const bytes = mutate(seeds[i % seeds.length] ?? new Uint8Array(), random);
    const port = i % 2 === 0 ? 67 : 4011;
    try {
      const request = decodePacket(bytes);
      const client = replyType(request, port) === undefined ? undefined : identify(request);
      const server = { arrival: { self: "10.77.0.2" }, port, ports: { http: 8080, tftp: 69 } } as const;
      const reply = client && answer(request, client, decide(client, world), server);
      if (reply === undefined) seen.ignored += 1;
      else {
        decodePacket(encodePacket(reply, replyLimit(request, 1500)));
        seen.answered += 1;
      }
    } catch (error) {
      if (!(error instanceof WireError))
        throw Object.assign(new Error("not a WireError"), { cause: error, bytes });
      seen.malformed += 1;
    }
  }
  // All three happen often, or the mutations test nothing.
  expect(Math.min(seen.answered, seen.ignored, seen.malformed)).toBeGreaterThan(CASES / 50);
});

test("random bytes are a WireError, or hold the magic cookie", () => {
  const random = createRandom(7);
  for (let i = 0; i < 2_000; i++) {
    const bytes = Uint8Array.from({ length: random(600) }, () => random(256));
    expect(() => decodePacket(bytes)).toThrow(WireError);
  }
});
