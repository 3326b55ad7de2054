import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { createPromptFiles } from "../../../src/io/images/prompt-files.ts";

const folder = mkdtempSync(join(tmpdir(), "mayfly-prompt-"));
const path = join(folder, "file");
writeFileSync(path, "contents");
afterAll(() => rmSync(folder, { recursive: true }));

/** Whether it is done before anything else has had a turn. */
async function isOnTheSpot(work: Promise<unknown>): Promise<boolean> {
  let isDone = false;
  const settled = work.then(
    () => {
      isDone = true;
    },
    () => {
      isDone = true;
    },
  );
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  const wasDone = isDone;
  await settled;
  return wasDone;
}

test("calls are made on the spot until one was slow, by other threads for a while, and on the spot again", async () => {
  // Two readings for each call on the spot, before and after; one for each of the others.
  const clock = [0, 1, 2, 12, 13, 31, 33, 34];
  const files = createPromptFiles(() => clock.shift() ?? 34);
  expect(await isOnTheSpot(files.stat(path))).toBe(true);
  expect(await isOnTheSpot(files.list(folder))).toBe(true);
  expect(await isOnTheSpot(files.stat(path))).toBe(false);
  expect(await isOnTheSpot(files.readBeginning(path, 4))).toBe(false);
  expect(await isOnTheSpot(files.readBeginning(path, 4))).toBe(true);
  expect(clock).toEqual([]);
});

test("both ways give the same: the beginning of a file, and the error for one that is not there", async () => {
  const prompt = createPromptFiles(() => 0);
  const ticks = (function* () {
    for (let now = 0; ; now += 10) yield now;
  })();
  const slow = createPromptFiles(() => ticks.next().value);
  await slow.stat(path);
  for (const files of [prompt, slow]) {
    expect(new TextDecoder().decode(await files.readBeginning(path, 4))).toBe("cont");
    expect(new TextDecoder().decode(await files.readBeginning(path, 4000))).toBe("contents");
    expect((await files.list(folder)).map(({ name }) => name)).toEqual(["file"]);
    await expect(files.stat(join(folder, "none"))).rejects.toMatchObject({ code: "ENOENT" });
    await expect(files.open(join(folder, "none"), "r")).rejects.toMatchObject({ code: "ENOENT" });
  }
});
