/** What is read back of the store: what an earlier version kept may say what this one would not take. */

import { expect, test } from "vitest";
import { LAST_CLOCK_MS } from "../../../src/boot/session/check-in.ts";
import { openTakenReports, REPORT_KIND } from "../../../src/io/check-in/taken-reports.ts";
import { readSession } from "../../../src/io/sessions/session-record.ts";
import { createMemoryStore } from "../../../src/io/store/store.ts";
import { BETA_MAC } from "../../support/worlds.ts";

const LISTS = { failedUnits: [], missingMounts: [], missingFiles: [] };

const readClock = (clockMs: number) =>
  readSession({
    ...{ id: "0mjt2q1f0-aaaaaa", mac: BETA_MAC, via: "netboot", outcome: "checked-in" },
    ...{ startMs: 1, lastMs: 2, scripts: 1, steps: [] },
    checkIn: { atMs: 2, clockMs, ...LISTS },
  });

async function takenClock(clockMs: number): Promise<unknown> {
  const store = createMemoryStore();
  const report = {
    ...{ peer: { address: "10.0.0.9", port: 1 }, bootId: "b1", mac: BETA_MAC, generation: "g" },
    checkIn: { atMs: 2, clockMs, ...LISTS },
  };
  await store.put([{ kind: REPORT_KIND, key: "b1", value: { takenMs: 2, report } }]);
  const reports = await openTakenReports(store, 1000, () => 3);
  expect(reports.has("b1")).toBe(true);
  const [first] = reports.takeUp();
  await reports.close();
  return first?.checkIn;
}

test("a node's clock is read back as far as a date can be written, and the rest without it", async () => {
  expect(readClock(LAST_CLOCK_MS)?.checkIn).toEqual({ atMs: 2, clockMs: LAST_CLOCK_MS, ...LISTS });
  expect(await takenClock(LAST_CLOCK_MS)).toEqual({ atMs: 2, clockMs: LAST_CLOCK_MS, ...LISTS });
  for (const clockMs of [LAST_CLOCK_MS + 1, 8.7e15, 1e300, -1]) {
    expect(readClock(clockMs)?.checkIn).toEqual({ atMs: 2, ...LISTS });
    expect(await takenClock(clockMs)).toEqual({ atMs: 2, ...LISTS });
  }
});
