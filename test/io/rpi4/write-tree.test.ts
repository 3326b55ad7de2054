import { spawnSync } from "node:child_process";
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeTree } from "../../../src/io/rpi4/write-tree.ts";
import { text } from "../../support/rpi4-files.ts";
import { writeFiles } from "../../support/rpi4-parts.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const NEW = [
  { place: "config.txt", bytes: text("new") },
  { place: "overlays/x.dtbo", bytes: text("x") },
];

function content(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    statSync(join(folder, name)).isFile(),
  );
  return Object.fromEntries(names.sort().map((name) => [name, readFileSync(join(folder, name), "utf8")]));
}

test("makes the folder, and those that it lies in", async () => {
  const target = join(tempFolder(), "boot-media", "rpi4");
  expect(await writeTree(target, NEW)).toEqual({});
  expect(content(target)).toEqual({ "config.txt": "new", "overlays/x.dtbo": "x" });
  expect(statSync(target).mode & 0o777).toBe(0o755);
  expect(readdirSync(join(target, ".."))).toEqual(["rpi4"]);
});

test("replaces the folder as a whole, and keeps the one before beside it", async () => {
  const media = writeFiles(tempFolder(), {
    "rpi4/config.txt": text("old"),
    "rpi4/edited.txt": text("by hand"),
  });
  const target = join(media, "rpi4");
  expect(await writeTree(target, NEW)).toEqual({ previous: `${target}.previous` });
  expect(content(target)).toEqual({ "config.txt": "new", "overlays/x.dtbo": "x" });
  expect(content(`${target}.previous`)).toEqual({ "config.txt": "old", "edited.txt": "by hand" });
  await writeTree(target, [{ place: "config.txt", bytes: text("newer") }]);
  expect(content(`${target}.previous`)).toEqual({ "config.txt": "new", "overlays/x.dtbo": "x" });
  expect(readdirSync(media).sort()).toEqual(["rpi4", "rpi4.previous"]);
});

test("an empty folder of a checkout is not worth keeping, but its .gitkeep is", async () => {
  const media = writeFiles(tempFolder(), { "rpi4/.gitkeep": text("") });
  expect(await writeTree(join(media, "rpi4"), NEW)).toEqual({});
  expect(readdirSync(join(media, "rpi4")).sort()).toEqual([".gitkeep", "config.txt", "overlays"]);
  expect(readdirSync(media)).toEqual(["rpi4"]);
});

test("a link stays a link: what it leads to is replaced", async () => {
  const elsewhere = writeFiles(tempFolder(), { "tree/config.txt": text("old") });
  const media = tempFolder();
  symlinkSync(join(elsewhere, "tree"), join(media, "rpi4"));
  await writeTree(join(media, "rpi4"), NEW);
  expect(readlinkSync(join(media, "rpi4"))).toBe(join(elsewhere, "tree"));
  expect(content(join(elsewhere, "tree"))).toMatchObject({ "config.txt": "new" });
  expect(readdirSync(elsewhere).sort()).toEqual(["tree", "tree.previous"]);
});

test("there is never a moment without a folder for who serves from it", async () => {
  const media = realpathSync(writeFiles(tempFolder(), { "rpi4/config.txt": text("0") }));
  const target = join(media, "rpi4");
  let isOver = false;
  let reads = 0;
  const reader = (async () => {
    while (!isOver) {
      // A file of the folder is there at every moment, old or new.
      expect(readFileSync(join(target, "config.txt"), "utf8")).toMatch(/^\d+$/);
      reads++;
      await new Promise((done) => setImmediate(done));
    }
  })();
  for (let round = 1; round <= 20; round++)
    await writeTree(target, [{ place: "config.txt", bytes: text(`${round}`) }]);
  isOver = true;
  await reader;
  expect(reads).toBeGreaterThan(20);
});

test("where the system cannot swap two folders, the folder is replaced in two steps", () => {
  const media = writeFiles(tempFolder(), { "rpi4/config.txt": text("old") });
  const target = join(media, "rpi4");
  // koffi is optional; without it there is no call for the swap.
  const script = `
    import { registerHooks } from "node:module";
    registerHooks({ resolve(name, context, next) {
      if (name === "koffi") throw new Error("not installed");
      return next(name, context);
    } });
    const { writeTree } = await import(${JSON.stringify(import.meta.resolve("../../../src/io/rpi4/write-tree.ts"))});
    const files = [{ place: "config.txt", bytes: new TextEncoder().encode("new") }];
    console.log(JSON.stringify(await writeTree(process.argv[1], files)));`;
  const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", script, target], {
    encoding: "utf8",
    timeout: 60_000,
  });
  expect(JSON.parse(stdout)).toEqual({ previous: `${target}.previous` });
  expect(content(media)).toEqual({ "rpi4/config.txt": "new", "rpi4.previous/config.txt": "old" });
  expect(readdirSync(media).sort()).toEqual(["rpi4", "rpi4.previous"]);
});

test("when a file cannot be written the old folder stays, and nothing is left behind", async () => {
  const media = writeFiles(tempFolder(), { "rpi4/config.txt": text("old") });
  // A file where a folder would have to be.
  const files = [...NEW, { place: "config.txt/x", bytes: text("x") }];
  await expect(writeTree(join(media, "rpi4"), files)).rejects.toThrow(
    `${join(media, "rpi4")} stays as it is`,
  );
  expect(content(media)).toEqual({ "rpi4/config.txt": "old" });
  expect(readdirSync(media)).toEqual(["rpi4"]);
});

test("when the place is a file it stays", async () => {
  const media = writeFiles(tempFolder(), { rpi4: text("a file") });
  await expect(writeTree(join(media, "rpi4"), NEW)).rejects.toThrow("stays as it is");
  expect(content(media)).toEqual({ rpi4: "a file" });
});

test("when nothing can be written beside it, that is said", async () => {
  const media = writeFiles(tempFolder(), { rpi4: text("a file") });
  mkdirSync(join(media, "x"));
  await expect(writeTree(join(media, "rpi4", "below"), NEW)).rejects.toThrow();
  expect(content(media)).toEqual({ rpi4: "a file" });
});
