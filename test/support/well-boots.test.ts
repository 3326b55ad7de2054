/** That a wrong diagnosis does not get past the tests that boot machines. */

import { expect, test } from "vitest";
import { checkedIn, OVMF_BOOT, sessionTable } from "./boot-events.ts";
import { wentWell, wronglyDiagnosed } from "./well-boots.ts";

function boot(count = OVMF_BOOT.length) {
  const table = sessionTable();
  table.take(...OVMF_BOOT.slice(0, count));
  return table;
}
const lineOf = (id: string) => `beta: it stopped (kernel-not-fetched, boot ${id}); look at its screen`;

test("a boot of which something was said, and that went well after all, is shown with all that is known of it", () => {
  const table = boot();
  const handedOver = table.session();
  table.take([30_000, checkedIn()]);
  for (const session of [handedOver, table.session()]) {
    const [told = ""] = wronglyDiagnosed([session], `ready\n${lineOf(session.id)}\n`);
    expect(told).toContain("kernel-not-fetched");
    expect(told).toContain('"steps":[');
    expect(wronglyDiagnosed([session], `ready\n${lineOf("another-boot")}\n`)).toEqual([]);
  }
});

test("a boot that stopped, or that says what it misses, did not go well", () => {
  const stopped = boot(13).session();
  expect(wentWell(stopped)).toBe(false);
  expect(wronglyDiagnosed([stopped], lineOf(stopped.id))).toEqual([]);
  const table = boot();
  const checkIn = { atMs: 0, failedUnits: ["reth.service"], missingMounts: [], missingFiles: [] };
  table.take([30_000, checkedIn({ checkIn })]);
  expect(wentWell(table.session())).toBe(false);
});
