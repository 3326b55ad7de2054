/** A state that cannot be used is put aside whole, and never while a server has it. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { setAside } from "../../../src/commands/state.ts";
import { setStateAside } from "../../../src/io/store/set-aside.ts";
import { openStore } from "../../../src/io/store/sqlite-store.ts";
import { tempFolder } from "../../support/temp-folder.ts";

test("a damaged file is there under its new name, byte for byte, and the next start begins anew", async () => {
  const folder = tempFolder();
  const file = join(folder, "mayfly.sqlite");
  writeFileSync(file, "no database at all, however one looks at it");
  await expect(openStore(folder)).rejects.toMatchObject({
    code: "damaged",
    cure: expect.stringContaining("mayfly state set-aside"),
  });
  const aside = await setStateAside(folder, "20261122T050000Z");
  expect(aside).toBe(`${file}.aside-20261122T050000Z`);
  expect(readFileSync(aside ?? "", "utf8")).toBe("no database at all, however one looks at it");
  const store = await openStore(folder);
  expect(await store.load("lease")).toEqual(new Map());
  await store.close();
});

test("what was acknowledged is in the files that were put aside, the log among them", async () => {
  const folder = tempFolder();
  const store = await openStore(folder);
  await store.put([{ kind: "pin", key: "beta", value: "g-1" }]);
  await expect(setStateAside(folder, "x")).rejects.toMatchObject({ code: "locked" });
  await store.close();
  expect(await setStateAside(folder, "x")).toBe(join(folder, "mayfly.sqlite.aside-x"));
  const other = tempFolder();
  for (const part of ["", "-wal"]) {
    try {
      writeFileSync(
        join(other, `mayfly.sqlite${part}`),
        readFileSync(join(folder, `mayfly.sqlite.aside-x${part}`)),
      );
    } catch (error) {
      // A clean end leaves no log.
      if (part === "") throw error;
    }
  }
  const again = await openStore(other);
  expect(await again.get("pin", "beta")).toBe("g-1");
  await again.close();
});

test("where there is nothing there is nothing to do", async () => {
  expect(await setStateAside(tempFolder(), "x")).toBeUndefined();
});

test("programs are told the new name, and of a folder without a state that there was none", async () => {
  const state = tempFolder();
  const request = { flags: { state }, env: {}, cwd: tempFolder() };
  const now = new Date("2026-11-22T05:00:00Z");
  expect((await setAside(request, now, true)).map((text) => JSON.parse(text))).toEqual([
    { stateFolder: state },
  ]);
  await (await openStore(state)).close();
  const [text = ""] = await setAside(request, now, true);
  const aside = join(state, "mayfly.sqlite.aside-20261122T050000Z");
  expect(JSON.parse(text)).toEqual({ stateFolder: state, aside });
});
