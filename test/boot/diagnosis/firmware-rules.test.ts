/** What keeps a machine from its boot program is told apart by what it was offered and what it did then. */

import { describe, expect, test } from "vitest";
import { diagnose } from "../../../src/boot/diagnosis/diagnose.ts";
import {
  ADDRESS,
  ADDRESS_TAKEN,
  asking,
  codes,
  later,
  PROGRAM_OFFERED,
  TOOK_ADDRESS,
} from "../../support/boot-cases.ts";
import { CHAIN, dhcp, OVMF_BOOT, UEFI } from "../../support/boot-events.ts";
import { subnet } from "../../support/leases.ts";
import { BETA, BETA_MAC } from "../../support/worlds.ts";

describe("UEFI that took its address and came for nothing", () => {
  test("has an offer from us that it takes without port 4011, where we give the addresses: it is port 69 (Q2)", () => {
    const granted = { address: ADDRESS, subnet: subnet(), owner: BETA_MAC, leaseSeconds: 3600 };
    const ack = { type: "ack", durable: true, kind: "selecting", changes: [], ...granted } as const;
    const boot = later(
      [
        [0, dhcp(UEFI, CHAIN)],
        [100, { type: "lease", interface: "eth0", mac: BETA_MAC, request: "REQUEST", decision: ack }],
        [1, dhcp(UEFI, CHAIN, { request: "REQUEST", reply: "ACK" })],
      ],
      { givesAddresses: true },
    );
    expect(diagnose(boot)).toMatchObject([
      { code: "program-not-fetched", cure: expect.stringContaining("UDP port 69") },
    ]);
  });

  test.each(["direct", "url"] as const)(
    "was offered a form that needs no 4011, %s: it is port 69",
    (variant) => {
      const boot = later([...asking(1, dhcp(UEFI, CHAIN, { variant })), [10, TOOK_ADDRESS]]);
      expect(diagnose(boot)).toMatchObject([
        { code: "program-not-fetched", cure: expect.stringContaining("UDP port 69") },
      ]);
    },
  );

  test.each(["plain", "menu"] as const)("was offered a form after which it asks 4011, %s", (variant) => {
    const boot = later([...asking(1, dhcp(UEFI, CHAIN, { variant })), [10, TOOK_ADDRESS]]);
    expect(codes(boot)).toEqual(["never-asked-4011"]);
  });

  test("was offered another form before: the last one counts", () => {
    const direct = asking(2, dhcp(UEFI, CHAIN, { variant: "direct" }));
    const plain = asking(2, dhcp(UEFI, CHAIN, { variant: "plain" }));
    expect(codes(later([...plain, ...direct, [10, TOOK_ADDRESS]]))).toEqual(["program-not-fetched"]);
    expect(codes(later([...direct, ...plain, [10, TOOK_ADDRESS]]))).toEqual(["never-asked-4011"]);
  });
});

describe("another server that offers it something, for telephones say", () => {
  const otherServers = ["10.77.0.1"];

  test("is what it follows where it came for nothing of ours", () => {
    expect(codes(later(ADDRESS_TAKEN, { otherServers }))[0]).toBe("other-boot-server");
  });

  test("is not what it follows when it has asked our port 4011", () => {
    expect(codes(later(PROGRAM_OFFERED, { otherServers }))).toEqual(["program-not-fetched"]);
  });

  test("is not what it follows when it has asked us how large its program is", () => {
    const probed = OVMF_BOOT.slice(0, 6);
    expect(codes(later(probed, { otherServers }))).not.toContain("other-boot-server");
  });

  test("is not why it gets nothing when we have turned it away", () => {
    const silent = { type: "silent", reason: "no-program", host: BETA } as const;
    expect(codes(later([[0, dhcp(UEFI, silent)]], { otherServers }))).toEqual(["turned-away"]);
  });
});
