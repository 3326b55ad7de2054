/** What looks like a fault and may be none is said so; where an earlier boot shows that it is none, nothing is. */

import { describe, expect, test } from "vitest";
import type { Case } from "../../../src/boot/diagnosis/case.ts";
import { diagnose } from "../../../src/boot/diagnosis/diagnose.ts";
import type { Session } from "../../../src/boot/session/session.ts";
import { codes, later, MINUTE_MS, UP_TO_SCRIPT } from "../../support/boot-cases.ts";
import {
  CHAIN,
  checkedIn,
  dhcp,
  OVMF_BOOT,
  overheard,
  sessionTable,
  UEFI,
} from "../../support/boot-events.ts";
import { GENERATION } from "../../support/worlds.ts";

describe("an own script that names no initrd (I9)", () => {
  const generation = { ...GENERATION, ownScript: "netboot.ipxe", lacksInitrdName: true } as const;
  const silent = later(OVMF_BOOT, { generation }, 3 * MINUTE_MS);

  test("is possible where nothing was heard since: so is a system with a fixed address", () => {
    expect(diagnose(silent)).toMatchObject([
      { code: "initrd-missing", certainty: "possible", what: expect.stringContaining("fixed address") },
    ]);
  });

  /** The machine is switched on so long after its silent boot. */
  function again(apartMs: number, quietMs: number): Case {
    const table = sessionTable();
    table.take(...OVMF_BOOT);
    const before = table.session();
    table.take([apartMs, dhcp(UEFI, CHAIN)], ...OVMF_BOOT);
    return { session: table.session(), earlier: [before], nowMs: table.now() + quietMs, generation };
  }

  test("is likely where the machine comes back at once without a word", () => {
    const [first] = diagnose(again(2 * MINUTE_MS, 0));
    expect(first).toMatchObject({ code: "initrd-missing", certainty: "likely" });
    expect(first?.what).not.toContain("fixed address");
  });

  test("is nothing at once, and no likelier, where it ran for weeks", () => {
    const weeks = 30 * 24 * 60 * MINUTE_MS;
    expect(codes(again(weeks, 0))).toEqual([]);
    expect(diagnose(again(weeks, 3 * MINUTE_MS))).toMatchObject([{ certainty: "possible" }]);
  });

  test("is none where the same image has said something before: that iPXE and kernel find it", () => {
    for (const heard of [overheard(), checkedIn()]) {
      const before = later([...OVMF_BOOT, [9000, heard]]).session;
      expect(codes({ ...silent, earlier: [before] })).toEqual([]);
      const other = { ...before, generation: "another" } as Session;
      expect(codes({ ...silent, earlier: [other] })).toEqual(["initrd-missing"]);
    }
  });

  test("is none of a machine that could not be heard, because the server was away", () => {
    expect(codes({ ...silent, runsSinceMs: silent.nowMs - MINUTE_MS })).toEqual([]);
  });
});

describe("a script after which nothing is fetched", () => {
  const CACHE = "where a cache between it and this server has the image";

  test("is possible at first: a cache may have the image", () => {
    expect(diagnose(later(UP_TO_SCRIPT, {}, 50_000))).toMatchObject([
      { code: "kernel-not-fetched", certainty: "possible", what: expect.stringContaining(CACHE) },
    ]);
  });

  test("is likely when nothing was heard for longer than a kernel takes", () => {
    const [first] = diagnose(later(UP_TO_SCRIPT, {}, 3 * MINUTE_MS));
    expect(first).toMatchObject({ code: "kernel-not-fetched", certainty: "likely" });
    expect(first?.what).not.toContain(CACHE);
  });

  test("is given that time where the machine has booted from a cache before", () => {
    const cached = later([...UP_TO_SCRIPT, [60_000, overheard()]]).session;
    expect(cached.outcome).toBe("handed-over");
    const earlier = [cached];
    expect(codes(later(UP_TO_SCRIPT, { earlier }, 50_000))).toEqual([]);
    expect(diagnose(later(UP_TO_SCRIPT, { earlier }, 3 * MINUTE_MS))).toMatchObject([
      { code: "kernel-not-fetched", certainty: "possible", what: expect.stringContaining(CACHE) },
    ]);
  });
});
