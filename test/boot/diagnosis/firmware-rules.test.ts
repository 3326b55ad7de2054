/** What keeps a machine from its boot program is told apart by what it was offered and what it did then. */

import { describe, expect, test } from "vitest";
import { diagnose } from "../../../src/boot/diagnosis/diagnose.ts";
import {
  ADDRESS,
  ADDRESS_TAKEN,
  asking,
  codes,
  FIRMWARE_FETCHED,
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

describe("a boot program that is not heard of again", () => {
  const died = later(FIRMWARE_FETCHED);
  const good = later(OVMF_BOOT).session;
  const dead = (count: number) => Array.from({ length: count }, () => died.session);
  const told = (earlier: typeof died.earlier) => diagnose({ ...died, earlier })[0];

  test.each([
    ["at the first boot of all", [], "possible", 1],
    ["after a good boot", [good], "possible", 1],
    ["after a good boot and one such death", [...dead(1), good], "likely", 2],
    ["after nothing but such deaths", dead(3), "likely", 4],
    ["after a good boot and three such deaths", [...dead(3), good], "likely", 4],
  ] as const)("%s", (_when, earlier, certainty, boots) => {
    const diagnosis = told(earlier);
    expect(diagnosis).toMatchObject({ code: "program-died", certainty });
    expect(diagnosis?.evidence).toHaveLength(boots);
    expect(diagnosis?.what.includes("in a row")).toBe(boots > 1);
    expect(diagnosis?.what.includes(`${boots} times in a row`)).toBe(boots > 1);
  });

  test("the other driver is promised only where it has not had its turn", () => {
    expect(told([])?.cure).toContain("is tried by itself after two such boots");
    expect(told(dead(1))?.cure).toContain("is tried by itself after two such boots");
    expect(told(dead(2))?.cure).toContain("was not tried");
  });

  test("the earliest death stands first", () => {
    const second = later([[3_600_000, dhcp(UEFI, CHAIN)], ...FIRMWARE_FETCHED]);
    const [first] = diagnose({ ...second, earlier: [died.session] });
    expect(first?.evidence).toEqual([...(first?.evidence ?? [])].sort());
  });

  test("a program that did not arrive whole in the boot before is no death", () => {
    const broken = later(OVMF_BOOT.slice(0, 6)).session;
    expect(told([broken])).toMatchObject({ certainty: "possible" });
  });
});

test("a link that came up late is not why a machine stops that has its script", () => {
  const late = dhcp(UEFI, CHAIN, { secs: 44 });
  expect(codes(later([[0, late]]))).toEqual(["link-late"]);
  expect(codes(later([[0, late], ...OVMF_BOOT.slice(1, 13)]))).toEqual(["kernel-not-fetched"]);
});
