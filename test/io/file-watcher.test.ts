import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { loadSettings } from "../../src/config/load.ts";
import { ConfigError } from "../../src/config/mistake.ts";
import type { Settings } from "../../src/config/settings.ts";
import { watchFile } from "../../src/io/file-watcher.ts";
import { tempFolder } from "../support/temp-folder.ts";

/** Watches `file`, and gives what happens one after the other: settings, or what was refused. */
async function follow(file: string): Promise<() => Promise<Settings | unknown>> {
  const seen: unknown[] = [];
  const waiting: ((value: unknown) => void)[] = [];
  const take = (value: unknown) => {
    const next = waiting.shift();
    if (next === undefined) seen.push(value);
    else next(value);
  };
  const watcher = await watchFile<Settings>({
    file,
    load: () => loadSettings({ flags: {}, env: {}, cwd: join(file, "..") }),
    onLoaded: take,
    onRefused: take,
  });
  onTestFinished(() => watcher.close());
  return () =>
    seen.length > 0 ? Promise.resolve(seen.shift()) : new Promise((resolve) => waiting.push(resolve));
}

function keepMinutesOf(settings: unknown): number {
  return (settings as Settings).live.keepMinutes;
}

describe("an edited configuration is read again", () => {
  test.each<[how: string, replace: (file: string, text: string) => void]>([
    ["written in place", (file, text) => writeFileSync(file, text)],
    [
      "renamed over, as editors do",
      (file, text) => {
        writeFileSync(`${file}.swp`, text);
        renameSync(`${file}.swp`, file);
      },
    ],
    [
      "removed and made again",
      (file, text) => {
        rmSync(file, { force: true });
        writeFileSync(file, text);
      },
    ],
    [
      "a link that is swapped",
      (file, text) => {
        const target = join(file, "..", `store-${text.length}-${Math.abs(hash(text))}`);
        writeFileSync(target, text);
        symlinkSync(target, `${file}.tmp`);
        renameSync(`${file}.tmp`, file);
      },
    ],
  ])("%s, more than once", async (_how, replace) => {
    const file = join(tempFolder(), "mayfly.yaml");
    replace(file, "keepMinutes: 1\n");
    const next = await follow(file);
    replace(file, "keepMinutes: 22\n");
    expect(keepMinutesOf(await next())).toBe(22);
    replace(file, "keepMinutes: 333\n");
    expect(keepMinutesOf(await next())).toBe(333);
  });

  test("a file that was not there at the start, and one that goes", async () => {
    const file = join(tempFolder(), "mayfly.yaml");
    const next = await follow(file);
    writeFileSync(file, "keepMinutes: 5\n");
    expect(keepMinutesOf(await next())).toBe(5);
    rmSync(file);
    expect(keepMinutesOf(await next())).toBe(60);
  });
});

function hash(text: string): number {
  return [...text].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) | 0, 7);
}

test("a mistake refuses the whole file, with all mistakes, and its cure is seen", async () => {
  const file = join(tempFolder(), "mayfly.yaml");
  writeFileSync(file, "keepMinutes: 1\n");
  const next = await follow(file);
  writeFileSync(file, "keepMinutes: 2\ndhcp: maybe\nhtpPort: 1\n");
  const refused = await next();
  expect(refused).toBeInstanceOf(ConfigError);
  expect((refused as ConfigError).mistakes.map((mistake) => mistake.key)).toEqual(["dhcp", "htpPort"]);
  writeFileSync(file, "keepMinutes: 2\n");
  expect(keepMinutesOf(await next())).toBe(2);
});

test("other files of the folder, and the same text written again, are no change", async () => {
  const folder = tempFolder();
  const file = join(folder, "mayfly.yaml");
  writeFileSync(file, "keepMinutes: 1\n");
  const next = await follow(file);
  mkdirSync(join(folder, "boot-media"));
  writeFileSync(join(folder, "notes.txt"), "keepMinutes: 9\n");
  writeFileSync(file, readFileSync(file));
  writeFileSync(file, "keepMinutes: 2\n");
  expect(keepMinutesOf(await next())).toBe(2);
});
