/** Each cause is named from what a server records of such a boot, and a boot that goes well has none. */

import { describe, expect, test } from "vitest";
import type { Case } from "../../../src/boot/diagnosis/case.ts";
import { diagnose } from "../../../src/boot/diagnosis/diagnose.ts";
import type { DiagnosisCode } from "../../../src/boot/diagnosis/diagnosis.ts";
import type { BootEvent } from "../../../src/boot/event.ts";
import type { Session } from "../../../src/boot/session/session.ts";
import {
  asking,
  codes,
  FIRMWARE_FETCHED,
  later,
  MINUTE_MS,
  REFUSED,
  TOOK_ADDRESS,
  UP_TO_SCRIPT,
} from "../../support/boot-cases.ts";
import {
  CHAIN,
  checkedIn,
  dhcp,
  ended,
  INITRD,
  IPXE,
  KERNEL,
  LIMITS,
  OVMF_BOOT,
  overheard,
  PEER,
  PI_ROM,
  SCRIPT,
  script,
  sessionTable,
  started,
  type Timed,
  UEFI,
} from "../../support/boot-events.ts";
import { subnet } from "../../support/leases.ts";
import { BETA, BETA_MAC, GENERATION } from "../../support/worlds.ts";

/** A transfer by TFTP that ends early. */
function broken(path: string, sizeBytes: number, block: number, acked: number): readonly Timed[] {
  const end = ended(path, sizeBytes, {}, "timed-out", block * acked);
  return [
    [100, started(path, sizeBytes)],
    [9000, { ...end, blocks: { sizeBytes: block, acked } } as BootEvent],
  ];
}

/** A machine that wants to boot and gets no address from us. */
function withoutAddress(reason: "pool-exhausted" | "no-subnet"): BootEvent {
  const silent = { type: "silent", durable: false, changes: [] } as const;
  const decision =
    reason === "no-subnet"
      ? { ...silent, reason, link: "10.9.9.1" }
      : { ...silent, reason, subnet: subnet() };
  return { type: "lease", interface: "eth0", mac: BETA_MAC, request: "DISCOVER", client: UEFI, decision };
}

/** Boots in a row that got everything and were not heard of again, so long after each other. */
function inARow(count: number, apartMs: number, more: Partial<Case> = {}): Case {
  const table = sessionTable();
  const boots: Session[] = [];
  for (let boot = 0; boot < count; boot++) {
    table.take([apartMs, dhcp(UEFI, CHAIN)], ...OVMF_BOOT);
    boots.unshift(table.session());
  }
  const [session, ...earlier] = boots as [Session, ...Session[]];
  return { session, earlier, nowMs: table.now(), ...more };
}

/** One case for each code: what is recorded, and what else is known. */
const CASES: Readonly<Record<DiagnosisCode, Case>> = {
  "no-dhcp-server": later(asking(6)),
  "link-late": later([[0, dhcp(UEFI, CHAIN, { secs: 44 })]]),
  "offer-ignored": later(asking(6), { othersGetAddresses: true }),
  "never-asked-4011": later([...asking(3), [10, TOOK_ADDRESS], ...asking(3)]),
  "other-boot-server": later(asking(3), { otherServers: ["10.77.0.9"] }),
  "program-not-fetched": later(OVMF_BOOT.slice(0, 4)),
  "pool-empty": later([[0, withoutAddress("pool-exhausted")]]),
  "no-address": later([[0, withoutAddress("no-subnet")]]),
  "blocks-lost": later([...OVMF_BOOT.slice(0, 4), ...broken("ipxe-x64.efi", 1_000_000, 1468, 0)]),
  "block-rollover": later([
    [0, dhcp(PI_ROM, CHAIN)],
    ...broken("dead/kernel8.img", 200_000_000, 1024, 65_535),
  ]),
  "program-died": later(FIRMWARE_FETCHED),
  "ipxe-no-address": (() => {
    const events: readonly Timed[] = [...FIRMWARE_FETCHED.filter(([, { type }]) => type !== "overheard")];
    return later([...events, ...asking(4, dhcp(IPXE, SCRIPT))]);
  })(),
  "script-not-fetched": later(OVMF_BOOT.slice(0, 12)),
  "turned-away": later([[0, script({ type: "refused", host: BETA, reason: "no-generation" })]]),
  "wrong-isa": later([[0, script({ type: "refused", host: BETA, reason: "wrong-isa" })]]),
  "kernel-not-fetched": later(UP_TO_SCRIPT),
  "image-too-large": later([
    ...UP_TO_SCRIPT,
    [20, started(INITRD, 3_000_000_000)],
    [9000, ended(INITRD, 3_000_000_000, {}, "aborted", 2_147_483_648)],
  ]),
  "file-broke-off": later([
    ...UP_TO_SCRIPT,
    [20, started(KERNEL, 12_400_000)],
    [900, ended(KERNEL, 12_400_000, {}, "aborted", 5_000_000)],
  ]),
  "not-served": later([...UP_TO_SCRIPT, REFUSED]),
  "generation-gone": later([
    ...UP_TO_SCRIPT,
    [
      20,
      {
        ...{ type: "refused", via: "http", peer: PEER, mac: BETA_MAC, path: `/${KERNEL}` },
        ...{ reason: `generation ${GENERATION.id} is not kept any more`, expected: false },
      } as BootEvent,
    ],
  ]),
  "initrd-missing": (() => {
    const own = { ...GENERATION, ownScript: "netboot.ipxe", lacksInitrdName: true } as const;
    return later(OVMF_BOOT, { generation: own });
  })(),
  "no-check-in": later(OVMF_BOOT, { checkInWithinMs: 10 * MINUTE_MS }, 11 * MINUTE_MS),
  "boot-loop": inARow(3, 90_000, { checkInWithinMs: 10 * MINUTE_MS }),
  "not-well": (() => {
    const checkIn = { atMs: 0, failedUnits: ["reth.service"], missingMounts: [], missingFiles: [] };
    return later([...OVMF_BOOT, [30_000, checkedIn({ checkIn })]]);
  })(),
  "clock-wrong": (() => {
    const none = { failedUnits: [], missingMounts: [], missingFiles: [] };
    const checkIn = { atMs: 1_700_000_000_000, clockMs: 0, ...none };
    return later([...OVMF_BOOT, [30_000, checkedIn({ checkIn })]]);
  })(),
};

describe("what is wrong is named", () => {
  test.each(Object.keys(CASES) as DiagnosisCode[])("%s", (code) => {
    const [first] = diagnose(CASES[code]);
    expect(first?.code).toBe(code);
    expect(first?.evidence.length).toBeGreaterThan(0);
    for (const text of [first?.what, first?.cure]) expect(text).toMatch(/^[^\n]+[^.\n]$/);
  });
});

describe("a boot that goes well has no diagnosis", () => {
  test("at any of its moments, and long after", () => {
    for (let count = 1; count <= OVMF_BOOT.length; count++) {
      // Where it is now it has been for no longer than a slow machine is.
      expect(codes(later(OVMF_BOOT.slice(0, count), {}, 20_000)), `after ${count} events`).toEqual([]);
    }
    expect(codes(later(OVMF_BOOT, {}, 60 * MINUTE_MS))).toEqual([]);
    expect(codes(later([...OVMF_BOOT, [30_000, checkedIn()]], { checkInWithinMs: MINUTE_MS }))).toEqual([]);
  });

  test("before its time to check in is over", () => {
    expect(codes(later(OVMF_BOOT, { checkInWithinMs: 10 * MINUTE_MS }, 9 * MINUTE_MS))).toEqual([]);
  });

  test("a machine that nothing matches and that waits to be approved", () => {
    expect(codes(later([[0, script({ type: "stranger", policy: "hold" })]]))).toEqual([]);
  });

  test("in a boot storm, while it is told again and again to come back for its image", () => {
    const later5: Timed = [
      5000,
      {
        ...{ type: "refused", via: "http", peer: PEER, mac: BETA_MAC, path: KERNEL },
        ...{ reason: "asked to come back in 5 s", expected: true },
      },
    ];
    const waiting = [...UP_TO_SCRIPT, ...Array.from({ length: 60 }, () => later5)];
    expect(codes(later(waiting, {}, 20_000))).toEqual([]);
    expect(codes(later(waiting))).toEqual(["kernel-not-fetched"]);
  });

  test("when a file that took minutes has just arrived", () => {
    const program: readonly Timed[] = [
      [10, started("ipxe-x64.efi", 1_000_000)],
      [90_000, ended("ipxe-x64.efi", 1_000_000)],
    ];
    expect(codes(later([...OVMF_BOOT.slice(0, 4), ...program], {}, 5000))).toEqual([]);
    const kernel: readonly Timed[] = [
      [20, started(KERNEL, 12_400_000)],
      [90_000, ended(KERNEL, 12_400_000)],
    ];
    const generation = GENERATION;
    expect(codes(later([...UP_TO_SCRIPT, ...kernel], { generation }, 1000))).toEqual([]);
  });

  test("a large file that is still being sent", () => {
    expect(codes(later([...UP_TO_SCRIPT, [10, started(KERNEL, 12_400_000)]], {}, 9 * MINUTE_MS))).toEqual([]);
  });

  test("four reboots in a day are no loop", () => {
    expect(codes(inARow(4, 6 * 60 * MINUTE_MS, { checkInWithinMs: 10 * MINUTE_MS }))).toEqual([]);
  });

  test("somebody tries an image that never reports, four times in a row", () => {
    expect(codes(inARow(4, 90_000))).toEqual([]);
    expect(codes(inARow(5, 90_000))).toEqual(["boot-loop"]);
  });

  test("an own script that names no initrd, which a later iPXE finds all the same", () => {
    const generation = { ...GENERATION, ownScript: "netboot.ipxe", lacksInitrdName: true } as const;
    expect(codes(later(OVMF_BOOT, { generation }, 5000))).toEqual([]);
    const heard = [...OVMF_BOOT, [4000, overheard()]] as const;
    expect(codes(later(heard, { generation }, 10 * MINUTE_MS))).toEqual([]);
    // That it comes back without having said a word is soon enough.
    expect(codes({ ...inARow(2, 20_000), generation })).toEqual(["initrd-missing"]);
  });

  test("one that asks its firmware's server only once for each thing, as EDK2 does", () => {
    expect(codes(later(OVMF_BOOT.slice(0, 3), {}, 20_000))).toEqual([]);
  });
});

describe("seen with real clients", () => {
  test("EDK2 that took its address asks for nothing twice", () => {
    const boot = later([
      [0, dhcp(UEFI, CHAIN)],
      [4000, TOOK_ADDRESS],
    ]);
    expect(codes(boot)).toEqual(["never-asked-4011"]);
  });

  test("a client that hears none of our answers by TFTP has no trouble with their size", () => {
    const boot = later([...OVMF_BOOT.slice(0, 4), ...broken("ipxe-x64.efi", 1_000_000, 1468, -1)]);
    const [first] = diagnose(boot);
    expect(first?.code).toBe("program-not-fetched");
    expect(first?.evidence).toEqual([expect.stringContaining("not one answer acknowledged")]);
    // Without options the first block is the first answer.
    const plain = later([...OVMF_BOOT.slice(0, 4), ...broken("ipxe-x64.efi", 1_000_000, 512, 0)]);
    expect(codes(plain)).toEqual(["program-not-fetched"]);
  });

  test("iPXE that gets no address where its firmware had one", () => {
    const boot = later([...FIRMWARE_FETCHED, ...asking(4, dhcp(IPXE, SCRIPT))]);
    expect(codes(boot)).toEqual(["ipxe-no-address"]);
  });

  test("iPXE without room for a file breaks it off at each of its attempts, not at the same byte", () => {
    const attempt = (sent: number): readonly Timed[] => [
      [5000, script(undefined, { attempt: 2 })],
      [20, started(INITRD, 150_000_000)],
      [100, ended(INITRD, 150_000_000, {}, "aborted", sent)],
    ];
    expect(codes(later([...UP_TO_SCRIPT, ...attempt(2_000_000)]))).toEqual(["file-broke-off"]);
    const [first] = diagnose(later([...UP_TO_SCRIPT, ...attempt(2_000_000), ...attempt(2_200_000)]));
    expect(first).toMatchObject({ code: "image-too-large", certainty: "likely" });
    expect(first?.evidence).toHaveLength(2);
  });

  test("a machine that is switched off between two files", () => {
    const kernel: readonly Timed[] = [
      [20, started(KERNEL, 12_400_000)],
      [400, ended(KERNEL, 12_400_000)],
    ];
    const generation = GENERATION;
    expect(codes(later([...UP_TO_SCRIPT, ...kernel], { generation }))).toEqual(["file-broke-off"]);
    expect(
      codes(later([...UP_TO_SCRIPT, ...kernel], { generation: { ...generation, initrds: [] } })),
    ).toEqual([]);
  });

  test("a clock that lost its battery is behind by days, not by millions of minutes", () => {
    expect(diagnose(CASES["clock-wrong"])[0]?.what).toMatch(/^its clock is \d+ days behind this server's$/);
  });
});

test("the form of the offer that is tried next is named", () => {
  const boot = later([...asking(3), ...asking(3, dhcp(UEFI, CHAIN, { variant: "direct" }))], {
    othersGetAddresses: true,
  });
  expect(diagnose(boot)[0]?.what).toContain("with option 43 saying to take the file at once");
});

test("a boot that the table gives up on is diagnosed as it stood", () => {
  const table = sessionTable();
  table.take(...UP_TO_SCRIPT);
  table.tick(LIMITS.failAfterMs + 1, LIMITS);
  const [ended] = table.told.slice(-1);
  expect(ended?.session.outcome).toBe("failed");
  if (ended === undefined) return;
  expect(codes({ session: ended.session, earlier: [], nowMs: table.now() })).toEqual(["kernel-not-fetched"]);
});
