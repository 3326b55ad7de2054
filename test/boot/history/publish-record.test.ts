import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Generation } from "../../../src/boot/generation.ts";
import { enter, MAX_RECENT, NO_HISTORY } from "../../../src/boot/history/publish-record.ts";
import type { GenerationRecord } from "../../../src/boot/history/record.ts";

function generation(id: string, more: Partial<Generation> = {}): Generation {
  return {
    id,
    shape: "netboot",
    path: `/srv/${id}`,
    kernel: { file: "bzImage", isa: "x86", version: "6.12.1" },
    initrds: ["initrd"],
    kernelParams: "loglevel=4",
    files: new Map([
      ["bzImage", 10],
      ["initrd", 100],
      ["netboot.ipxe", 1000],
    ]),
    ...more,
  };
}

/** Publishes them one after the other, a second apart. */
function publishAll(ids: readonly string[]) {
  const records = new Map<string, GenerationRecord>();
  let index = NO_HISTORY;
  ids.forEach((id, at) => {
    const entered = enter(
      { image: "beta", generation: generation(id), atMs: at * 1000 },
      index,
      records.get(id),
    );
    index = entered.index;
    records.set(id, entered.record);
  });
  return { index, records };
}

test("a record says what a boot of the generation fetches and runs", () => {
  const { record } = enter({ image: "beta", generation: generation("a"), atMs: 7 }, NO_HISTORY);
  expect(record).toEqual({
    image: "beta",
    number: 1,
    id: "a",
    shape: "netboot",
    path: "/srv/a",
    firstMs: 7,
    lastMs: 7,
    kernelVersion: "6.12.1",
    isas: ["x86"],
    kernelParams: "loglevel=4",
    sizeBytes: 110,
  });
});

test("a NixOS system tells its version by its name", () => {
  const kernelParams = `init=/nix/store/${"0".repeat(32)}-nixos-system-my-node-25.05.20250802.abcdef/init quiet`;
  const { record } = enter(
    { image: "b", generation: generation("a", { kernelParams }), atMs: 0 },
    NO_HISTORY,
  );
  expect(record.nixosVersion).toBe("25.05.20250802.abcdef");
});

test("numbers are given in the order of the first publishing, without a gap, and kept for ever", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom<string>("a", "b", "c", "d", "e")), (ids) => {
      const { index, records } = publishAll(ids);
      const order = [...new Set(ids)];
      expect(order.map((id) => records.get(id)?.number)).toEqual(order.map((_, at) => at + 1));
      expect(index.last).toBe(order.length);
      const latestFirst = [...new Set(ids.toReversed())];
      expect(index.recent).toEqual(latestFirst.map((id) => records.get(id)?.number));
      for (const [id, { firstMs, lastMs }] of records) {
        expect([firstMs, lastMs]).toEqual([ids.indexOf(id) * 1000, ids.lastIndexOf(id) * 1000]);
      }
    }),
  );
});

test("what was found out about a generation stays when it is published again", () => {
  const facts = { nixosVersion: "25.05", label: "mine", closureBytes: 5 };
  const first = enter({ image: "beta", generation: generation("a"), atMs: 1 }, NO_HISTORY);
  const again = enter(
    { image: "beta", generation: generation("a", { path: "/srv/elsewhere" }), atMs: 2 },
    first.index,
    { ...first.record, ...facts },
  );
  expect(again.record).toEqual({ ...first.record, ...facts, path: "/srv/elsewhere", lastMs: 2 });
});

test("a clock that was put back makes nothing older than it was", () => {
  const first = enter({ image: "beta", generation: generation("a"), atMs: 100 }, NO_HISTORY);
  const again = enter({ image: "beta", generation: generation("a"), atMs: 50 }, first.index, first.record);
  expect(again.record).toEqual(first.record);
});

test("which ones came last is known of a bounded number", () => {
  const { index } = publishAll(Array.from({ length: MAX_RECENT + 5 }, (_, at) => `g${at}`));
  expect(index.recent).toHaveLength(MAX_RECENT);
  expect(index.recent[0]).toBe(MAX_RECENT + 5);
});
