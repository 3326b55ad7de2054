import { expect, test } from "vitest";
import { describe as describeEvent } from "../../src/boot/describe.ts";
import type { BootEvent } from "../../src/boot/event.ts";
import { BETA, PROGRAMS } from "../support/worlds.ts";

const [program] = PROGRAMS;
if (program === undefined) throw new Error("the tests' world has no boot program");

const OFFER = {
  type: "dhcp",
  interface: "eth0",
  port: 67,
  request: "DISCOVER",
  client: { mac: "52:54:00:12:34:56", stage: "rom", arch: 0 },
  decision: { type: "chain", host: BETA, program },
  reply: "OFFER",
} as const satisfies BootEvent;
const TRANSFER = {
  type: "transfer-started",
  via: "tftp",
  peer: { address: "10.77.0.145", port: 2070 },
  path: "undionly.kpxe",
  sizeBytes: 1,
} as const satisfies BootEvent;

test.each<[what: string, event: BootEvent, text: string]>([
  [
    "the usual offer is told without its form",
    OFFER,
    "52:54:00:12:34:56 (x86 BIOS) DISCOVER on eth0: OFFER undionly.kpxe for host beta",
  ],
  [
    "another form of it is told",
    { ...OFFER, variant: "menu" },
    "52:54:00:12:34:56 (x86 BIOS) DISCOVER on eth0: OFFER undionly.kpxe for host beta, with a boot menu in option 43",
  ],
  [
    "a program that was configured and is not there is told",
    { ...OFFER, decision: { ...OFFER.decision, missing: "shimx64.efi" } },
    "52:54:00:12:34:56 (x86 BIOS) DISCOVER on eth0: OFFER undionly.kpxe (shimx64.efi, which is configured, is not there) for host beta",
  ],
  ["an address alone stands for itself", TRANSFER, "10.77.0.145 fetches undionly.kpxe by tftp"],
  [
    "the machine is told where it is known",
    { ...TRANSFER, mac: "52:54:00:12:34:56" },
    "10.77.0.145 (52:54:00:12:34:56) fetches undionly.kpxe by tftp",
  ],
  [
    "the host is told where it is known",
    { ...TRANSFER, mac: "52:54:00:12:34:56", host: "beta" },
    "10.77.0.145 (beta) fetches undionly.kpxe by tftp",
  ],
  [
    "why we could not send all of a file is told",
    {
      ...TRANSFER,
      ...{ type: "transfer-ended", result: "failed", sentBytes: 0, durationMs: 5 },
      reason: "EIO: i/o error, read",
    },
    "10.77.0.145 undionly.kpxe by tftp: failed after 0 B of 1 B: EIO: i/o error, read",
  ],
])("%s", (_, event, text) => {
  expect(describeEvent(event).text).toBe(text);
});
