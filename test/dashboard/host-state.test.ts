import { expect, test } from "vitest";
import { chosenHosts, countKinds, hostRow, hostRows } from "../../dashboard/src/state/host-state.ts";
import { step } from "../../dashboard/src/state/step.ts";
import type { LastBootView } from "../../src/web/schema/hosts.ts";
import { AT, diagnosed, host, loadedState, session, told } from "../support/dashboard-events.ts";

function booted(more: Partial<LastBootView> = {}): LastBootView {
  const { id, mac } = session();
  return { id, mac, outcome: "checked-in", start: AT, last: AT, generation: "g1", ...more };
}

const CASES = [
  ["one that never booted is quiet", host("a"), "quiet", undefined],
  ["one that is up runs", host("a", { lastBoot: booted() }), "running", undefined],
  [
    "one that was handed over runs, as far as anybody knows",
    host("a", { lastBoot: booted({ outcome: "handed-over" }) }),
    "running",
    undefined,
  ],
  [
    "one whose boot failed wants attention",
    host("a", { lastBoot: booted({ outcome: "failed" }) }),
    "attention",
    "the last boot failed",
  ],
  [
    "one that was turned away wants attention",
    host("a", { lastBoot: booted({ outcome: "turned-away" }) }),
    "attention",
    "it was turned away",
  ],
  [
    "one that is up and misses something wants attention",
    host("a", { lastBoot: booted({ missing: ["a.service"] }) }),
    "attention",
    "up, but missing a.service",
  ],
  [
    "one whose newer image is broken wants attention",
    host("a", { lastBoot: booted(), trouble: "no initrd" }),
    "attention",
    "the newer image is not served: no initrd",
  ],
  [
    "what a diagnosis says goes first",
    host("a", {
      lastBoot: booted({ diagnosis: { code: "boot-loop", what: "again and again" } }),
      trouble: "x",
    }),
    "attention",
    "again and again",
  ],
] as const;

test.each(CASES)("%s", (_name, view, kind, about) => {
  expect(hostRow(view, undefined)).toMatchObject({ kind, about });
});

test("one without an image wants attention", () => {
  const { generation: _, ...without } = host("a");
  expect(hostRow(without, undefined)).toMatchObject({ kind: "attention", about: "there is no image a yet" });
});

test("what runs is known of one that came up, and of no other", () => {
  expect(hostRow(host("a", { lastBoot: booted() }), undefined).runs).toBe("g1");
  expect(hostRow(host("a", { lastBoot: booted({ outcome: "failed" }) }), undefined).runs).toBeUndefined();
});

test("a machine that boots again after it failed boots, until something is wrong with that too", () => {
  const failed = step(loadedState("beta"), [told(session({ outcome: "failed" }), "ended")]);
  expect(hostRows(failed)[0]?.kind).toBe("attention");
  const again = step(failed, [told(session({ id: "0mwr00002-aaaaaa" }), "began")]);
  expect(hostRows(again)[0]?.kind).toBe("booting");
  const stuck = step(again, [diagnosed("0mwr00002-aaaaaa", "beta")]);
  expect(hostRows(stuck)[0]).toMatchObject({ kind: "attention", about: "it died" });
});

const ROWS = [
  hostRow(host("rack-10", { lastBoot: booted({ start: "2026-11-20T00:00:00.000Z" }) }), undefined),
  hostRow(host("rack-2", { lastBoot: booted({ address: "10.0.0.7" }) }), undefined),
  hostRow(host("rack-1", { lastBoot: booted({ outcome: "failed" }) }), undefined),
];

function names(wish: Partial<Parameters<typeof chosenHosts>[1]>): readonly string[] {
  return chosenHosts(ROWS, { text: "", kind: undefined, order: "state", ...wish }).map(
    (row) => row.host.name,
  );
}

test("hosts that want attention come first, numbers in names count as numbers", () => {
  expect(names({})).toEqual(["rack-1", "rack-2", "rack-10"]);
  expect(names({ order: "name" })).toEqual(["rack-1", "rack-2", "rack-10"]);
  expect(names({ order: "boot" })).toEqual(["rack-1", "rack-2", "rack-10"]);
});

test("hosts are found by every word of what is sought, in any of what is known of them", () => {
  expect(names({ text: "10.0.0.7" })).toEqual(["rack-2"]);
  expect(names({ text: "RACK failed" })).toEqual(["rack-1"]);
  expect(names({ text: "rack nothing" })).toEqual([]);
  expect(names({ kind: "running" })).toEqual(["rack-2", "rack-10"]);
});

test("choosing leaves the list of all in its order", () => {
  chosenHosts(ROWS, { text: "", kind: undefined, order: "name" });
  expect(ROWS[0]?.host.name).toBe("rack-10");
});

test("hosts are counted by how they are", () => {
  expect(countKinds(ROWS)).toEqual({ attention: 1, booting: 0, running: 2, quiet: 0 });
});
