/** What every store promises, held by each of them: one body. */

import { describe, expect, onTestFinished, test } from "vitest";
import { openStore } from "../../../src/io/store/sqlite-store.ts";
import { createMemoryStore, type Store, type StoreEntry } from "../../../src/io/store/store.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const STORES: Readonly<Record<string, () => Promise<Store>>> = {
  memory: async () => createMemoryStore(),
  SQLite: () => openStore(tempFolder()),
};

const entry = (kind: string, key: string, value: unknown): StoreEntry => ({ kind, key, value });

describe.each(Object.entries(STORES))("the %s store", (_name, make) => {
  async function open(...entries: readonly StoreEntry[]): Promise<Store> {
    const store = await make();
    onTestFinished(() => store.close());
    await store.put(entries);
    return store;
  }

  test("gives what was put last, by its kind", async () => {
    const store = await open(entry("pin", "a", 1), entry("lease", "a", { to: ["b"] }), entry("pin", "a", 2));
    expect(await store.load("pin")).toEqual(new Map([["a", 2]]));
    expect(await store.get("lease", "a")).toEqual({ to: ["b"] });
    expect(await store.get("lease", "b")).toBeUndefined();
    expect(await store.load("none")).toEqual(new Map());
  });

  test("forgets what is put without a value", async () => {
    const store = await open(entry("pin", "a", 1), entry("pin", "b", 2));
    await store.put([entry("pin", "a", undefined), entry("pin", "never", undefined)]);
    expect(await store.load("pin")).toEqual(new Map([["b", 2]]));
  });

  test("keeps a value as it was when it was put, whatever becomes of it then", async () => {
    const value = { list: [1] };
    const store = await open();
    const put = store.put([entry("pin", "a", value)]);
    value.list.push(2);
    await put;
    expect(await store.get("pin", "a")).toEqual({ list: [1] });
  });

  test("gives the keys of a range in their order, from either end, as far as its limit", async () => {
    const store = await open(...["b/1", "a/2", "a/10", "a/1", "c"].map((key) => entry("k", key, key)));
    const keys = async (range: Parameters<Store["range"]>[1]) =>
      (await store.range("k", range)).map(([key]) => key);
    expect(await keys({ limit: 10 })).toEqual(["a/1", "a/10", "a/2", "b/1", "c"]);
    expect(await keys({ from: "a/", below: "a0", limit: 2 })).toEqual(["a/1", "a/10"]);
    expect(await keys({ below: "c", reverse: true, limit: 2 })).toEqual(["b/1", "a/2"]);
    expect(await keys({ from: "d", limit: 2 })).toEqual([]);
  });

  test("takes calls that wait together in their order", async () => {
    const store = await open();
    await Promise.all(Array.from({ length: 50 }, (_, n) => store.put([entry("pin", "a", n)])));
    expect(await store.get("pin", "a")).toBe(49);
  });
});
