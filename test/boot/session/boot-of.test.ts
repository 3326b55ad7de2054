import { expect, test } from "vitest";
import type { BootEvent } from "../../../src/boot/event.ts";
import { bootOf } from "../../../src/boot/session/boot-of.ts";
import { boot } from "../../support/alerts.ts";
import { BOOT_ID, ended, PEER, script } from "../../support/boot-events.ts";
import { BETA_MAC, GENERATION } from "../../support/worlds.ts";

const session = boot("under-way", { bootId: BOOT_ID });
const current = (mac: string) => (mac === BETA_MAC ? session : undefined);
const report: BootEvent = {
  ...{ type: "checked-in", peer: PEER, bootId: BOOT_ID, mac: BETA_MAC, generation: GENERATION.id },
  checkIn: { atMs: 0, failedUnits: [], missingMounts: [], missingFiles: [] },
};

test("what a machine asks, fetches and reports belongs to its boot", () => {
  for (const event of [script(), ended("undionly.kpxe", 9, { mac: BETA_MAC }), report])
    expect(bootOf(event, current)).toBe(session.id);
});

test("what is told of a boot is that boot's, be it followed or not", () => {
  const diagnosed = { type: "diagnosed", session: "0earlier0-000000", mac: BETA_MAC } as BootEvent;
  expect(bootOf(diagnosed, current)).toBe("0earlier0-000000");
  expect(bootOf({ type: "session", change: "ended", session }, () => undefined)).toBe(session.id);
});

test("a report of an earlier boot is not counted to the one that goes on now", () => {
  expect(bootOf({ ...report, bootId: "fedcba9876543210" }, current)).toBeUndefined();
});

test("what nobody can tell the machine of belongs to none, and neither does what is no machine's", () => {
  const { mac: _mac, ...unnamed } = ended("undionly.kpxe", 9, { mac: BETA_MAC }) as BootEvent & {
    mac: string;
  };
  expect(bootOf(unnamed as BootEvent, current)).toBeUndefined();
  expect(bootOf({ type: "notice", level: "warn", text: "disk full" }, current)).toBeUndefined();
});
