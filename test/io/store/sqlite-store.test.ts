/** The store on a disk: what was put is there again, whatever happened in between. */

import { spawnSync } from "node:child_process";
import { copyFile, mkdir, readdir, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import * as fc from "fast-check";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { openStore, readStore } from "../../../src/io/store/sqlite-store.ts";
import { createMemoryStore, type Store, type StoreEntry } from "../../../src/io/store/store.ts";
import { StoreError } from "../../../src/io/store/store-error.ts";
import { lockHolder } from "../../../src/io/store/store-lock.ts";
import { tempFolder } from "../../support/temp-folder.ts";

let folder: string;
const file = () => join(folder, "mayfly.sqlite");

beforeEach(async () => {
  folder = join(tempFolder(), "above", "state");
});

async function open(): Promise<Store> {
  const store = await openStore(folder);
  onTestFinished(() => store.close());
  return store;
}

/** The error of opening, as the operator would see it. */
async function refusal(opening: Promise<unknown> = openStore(folder)): Promise<StoreError> {
  const error = await opening.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof StoreError) return error;
  throw new Error(`want a StoreError, got ${error}`);
}

const lease = (key: string, value: unknown): StoreEntry => ({ kind: "lease", key, value });

test("what was put is there after closing and opening, and what was forgotten is not", async () => {
  const first = await openStore(folder);
  await first.put([lease("10.0.0.1", { mac: "a" }), lease("10.0.0.2", [1, "zwei", true])]);
  await first.put([lease("10.0.0.1", undefined), { kind: "pin", key: "beta", value: "g-1" }]);
  await first.close();
  const second = await open();
  expect(await second.load("lease")).toEqual(new Map([["10.0.0.2", [1, "zwei", true]]]));
  expect(await second.load("pin")).toEqual(new Map([["beta", "g-1"]]));
  expect(await second.load("none")).toEqual(new Map());
});

test("a range is what the memory store gives for it, whatever its bounds, its order and its limit", async () => {
  const key = fc.string({ unit: "binary", maxLength: 3 });
  const range = fc.record(
    { from: key, below: key, reverse: fc.boolean(), limit: fc.nat({ max: 6 }) },
    { requiredKeys: ["limit"] },
  );
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(key, { maxLength: 8 }), range, async (keys, wanted) => {
      const store = await openStore(join(tempFolder(), "state"));
      const model = createMemoryStore();
      for (const each of [store, model]) await each.put(keys.map((name) => lease(name, name.length)));
      expect(await store.range("lease", wanted)).toEqual(await model.range("lease", wanted));
      expect(await store.get("lease", keys[0] ?? "")).toEqual(await model.get("lease", keys[0] ?? ""));
      await store.close();
    }),
    { numRuns: 60 },
  );
});

test("it holds what the memory store would hold, after any puts and any number of new starts", async () => {
  const entry = fc.record({
    kind: fc.constantFrom("lease", "pin"),
    key: fc.string({ unit: "binary", maxLength: 3 }),
    value: fc.option(fc.jsonValue(), { nil: undefined }),
  });
  const step = fc.oneof(fc.array(entry, { maxLength: 5 }), fc.constant("restart" as const));
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const own = join(tempFolder(), "state");
      const model = createMemoryStore();
      let store = await openStore(own);
      let puts: Promise<void>[] = [];
      for (const each of steps) {
        if (each === "restart") {
          await store.close();
          await Promise.all(puts);
          puts = [];
          store = await openStore(own);
        } else {
          // Not waited for: several of them share a transaction.
          puts.push(store.put(each));
          await model.put(asJson(each));
        }
      }
      await Promise.all(puts);
      for (const kind of ["lease", "pin"]) expect(await store.load(kind)).toEqual(await model.load(kind));
      await store.close();
    }),
    { numRuns: 40 },
  );
});

/** JSON has no minus zero. */
function asJson(entries: readonly StoreEntry[]): StoreEntry[] {
  return entries.map((each) =>
    each.value === undefined ? each : { ...each, value: JSON.parse(JSON.stringify(each.value)) },
  );
}

test("puts that wait together are all told", async () => {
  const store = await open();
  const keys = Array.from({ length: 500 }, (_, i) => `10.0.0.${i}`);
  await Promise.all(keys.map((key) => store.put([lease(key, { key })])));
  expect([...(await store.load("lease")).keys()].toSorted()).toEqual(keys.toSorted());
});

test("what JSON cannot hold is refused to the one who brought it, and to nobody else", async () => {
  const store = await open();
  const [bad, good] = await Promise.allSettled([
    store.put([lease("a", 1), lease("b", 1n)]),
    store.put([lease("c", 3)]),
  ]);
  expect([bad?.status, good?.status]).toEqual(["rejected", "fulfilled"]);
  expect(await store.load("lease")).toEqual(new Map([["c", 3]]));
});

test("the folder is made for its owner only, and so are the files", async () => {
  await open();
  const mode = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);
  expect(await mode(folder)).toBe("700");
  expect(await mode(file())).toBe("600");
  expect(await mode(`${file()}-wal`)).toBe("600");
});

describe("a process that is killed", () => {
  const program = (then: string) => `
    import { openStore } from ${JSON.stringify(new URL("../../../src/io/store/sqlite-store.ts", import.meta.url).href)};
    const store = await openStore(${JSON.stringify(folder)});
    await store.put([{ kind: "lease", key: "10.0.0.1", value: "kept" }]);
    ${then}
  `;
  const run = (then: string) =>
    spawnSync(process.execPath, ["--input-type=module", "-e", program(then)], { encoding: "utf8" });

  test("has lost nothing that was acknowledged, and left no lock", async () => {
    expect(run("process.kill(process.pid, 'SIGKILL');").signal).toBe("SIGKILL");
    const store = await open();
    expect(await store.load("lease")).toEqual(new Map([["10.0.0.1", "kept"]]));
  });

  test("lets the program end that closes it", async () => {
    const ended = run("await store.close(); console.log('closed');");
    expect([ended.stdout, ended.stderr, ended.status]).toEqual(["closed\n", "", 0]);
  });
});

describe("a second server", () => {
  test("is told which process has the folder, and the first one goes on", async () => {
    const store = await open();
    const error = await refusal();
    expect(error.code).toBe("locked");
    expect(error.message).toBe(
      `another server has the state folder ${folder}: process ${process.pid} holds mayfly.lock`,
    );
    expect(error.cure).toContain("--state");
    await store.put([lease("a", 1)]);
    expect(await store.load("lease")).toEqual(new Map([["a", 1]]));
  });

  test("may start once the first one has closed", async () => {
    await (await openStore(folder)).close();
    const store = await open();
    await store.put([lease("a", 1)]);
  });

  test("reads which process it is from the kernel's table", () => {
    const locks = [
      "1: POSIX  ADVISORY  READ  4242 fe:00:17 1073741826 1073742335",
      "2: POSIX  ADVISORY  WRITE 815 fe:00:17 1073741824 1073742335",
      "2: -> POSIX  ADVISORY  WRITE 9 fe:00:17 0 EOF",
      "3: FLOCK  ADVISORY  WRITE 77 fe:00:18 0 EOF",
    ].join("\n");
    expect(lockHolder(locks, 17)).toBe(815);
    expect(lockHolder(locks, 18)).toBeUndefined();
    expect(lockHolder("", 17)).toBeUndefined();
  });
});

describe("a reader", () => {
  test("sees what a running server has acknowledged, again and again", async () => {
    const store = await open();
    const reader = await readStore(folder);
    if (reader === undefined) throw new Error("there is a store");
    await store.put([lease("a", 1)]);
    expect(await reader.load("lease")).toEqual(new Map([["a", 1]]));
    await store.put([lease("b", 2)]);
    expect(await reader.load("lease")).toEqual(
      new Map([
        ["a", 1],
        ["b", 2],
      ]),
    );
    await reader.close();
  });

  test("sees what a server left behind", async () => {
    const store = await openStore(folder);
    await store.put([lease("a", 1)]);
    await store.close();
    const reader = await readStore(folder);
    expect(await reader?.load("lease")).toEqual(new Map([["a", 1]]));
    await reader?.close();
  });

  test("finds nothing, and makes nothing, where no server was", async () => {
    expect(await readStore(folder)).toBeUndefined();
    expect(await readdir(join(folder, "../..")).catch(() => [])).toEqual([]);
  });
});

describe("a file that cannot be used is named, with a cure, and left as it is:", () => {
  beforeEach(async () => {
    const store = await openStore(folder);
    await store.put(Array.from({ length: 300 }, (_, i) => lease(`10.0.0.${i}`, "x".repeat(100))));
    await store.close();
  });

  test.each([
    [
      "damaged",
      "its first bytes overwritten",
      async () => writeFile(file(), "not a database at all ".repeat(999)),
    ],
    ["damaged", "its end cut off", async () => truncate(file(), 3 * 4096)],
    ["damaged", "a page overwritten", async () => overwrite(file(), 2 * 4096)],
    [
      "newer",
      "of a later version",
      async () => alter((database) => database.exec("PRAGMA user_version = 9")),
    ],
    [
      "foreign",
      "some other program's",
      async () => alter((database) => database.exec("PRAGMA application_id = 1; CREATE TABLE dog (name)")),
    ],
  ] as const)("%s, %s", async (code, _, spoil) => {
    await spoil();
    const before = await readFile(file());
    const error = await refusal();
    expect(error.code).toBe(code);
    expect(error.message).toContain(file());
    expect(error.cure).not.toBe("");
    expect(await readFile(file())).toEqual(before);
    // Nothing stays locked behind the refusal.
    await copyFile("package.json", file());
    expect((await refusal()).code).toBe("damaged");
    expect((await refusal(readStore(folder))).code).toBe("damaged");
  });

  function alter(change: (database: DatabaseSync) => void): void {
    const database = new DatabaseSync(file());
    change(database);
    database.close();
  }

  async function overwrite(path: string, from: number): Promise<void> {
    const bytes = await readFile(path);
    await writeFile(path, bytes.fill(0xa5, from, from + 4096));
  }
});

test("a state folder that is a file is named, with a cure", async () => {
  await mkdir(join(folder, ".."), { recursive: true });
  await writeFile(folder, "");
  const error = await refusal();
  expect(error.code).toBe("unwritable");
  expect(error.message).toContain(folder);
  expect(error.cure).toContain("--state");
});

test.skipIf(process.platform !== "linux")(
  "a state folder where nothing can be made is told at once, with a cure",
  async () => {
    await expect(openStore("/proc/mayfly/state")).rejects.toMatchObject({
      code: expect.stringMatching(/^(unwritable|failed)$/),
      message: expect.stringContaining("/proc/mayfly"),
      cure: expect.any(String),
    });
  },
);
