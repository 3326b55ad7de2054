import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { contentId, MovedError } from "../../../src/io/images/content-id.ts";
import { createReaderShare, type FoundImage, readImage } from "../../../src/io/images/image-reader.ts";
import { createLimiter } from "../../../src/io/images/limiter.ts";
import { createPromptFiles } from "../../../src/io/images/prompt-files.ts";
import { type Media, makeMedia } from "../../support/media.ts";

let media: Media;
beforeEach(() => {
  media = makeMedia();
});
afterEach(() => media.remove());

const share = createReaderShare(createLimiter(4), createPromptFiles());

async function complete(folder: string): Promise<FoundImage> {
  const found = await readImage(folder, share);
  if (found.type === "broken") throw new Error(found.reason);
  return found;
}

describe("readImage", () => {
  test("lists files in folders, linked or not, to a bounded depth, and leaves hidden ones out", async () => {
    const dtbs = media.store({ "broadcom/rpi.dtb": "dtb", "a/b/c/d/e.dtb": "deep" }, "dtbs");
    const path = media.store({ Image: "k", initrd: "i", ".secret": "s", "lib/modules": "m" }, "netboot");
    symlinkSync(dtbs, join(path, "dtbs"));
    symlinkSync(".", join(path, "self"));
    const { files } = await complete(path);
    expect(files.get("dtbs/broadcom/rpi.dtb")?.path).toBe(join(dtbs, "broadcom", "rpi.dtb"));
    expect([...files.keys()].sort().slice(0, 5)).toEqual([
      "Image",
      "dtbs/broadcom/rpi.dtb",
      "initrd",
      "lib/modules",
      "self/Image",
    ]);
    expect([...files.keys()].filter((name) => name.includes("secret") || name.includes("e.dtb"))).toEqual([]);
    for (const name of files.keys()) expect(name.split("/").length).toBeLessThanOrEqual(4);
  });

  test("does not take a folder of very many files for an image, and of what is further in lists only so many", async () => {
    const few = createReaderShare(createLimiter(4), createPromptFiles(), { entries: 8, depth: 4 });
    const contents = { bzImage: "k", initrd: "i" };
    const names = Array.from({ length: 7 }, (_, i) => `file-${i}`);
    const many = media.write(join(media.folder, "many"), {
      ...contents,
      ...Object.fromEntries(names.map((name) => [name, ""])),
    });
    expect(await readImage(many, few)).toMatchObject({
      type: "broken",
      reason: expect.stringContaining("more than 8"),
    });
    const within = Object.fromEntries(names.map((name) => [`sub/${name}`, "x"]));
    const found = await readImage(media.store({ ...contents, ...within }), few);
    expect(found.type === "complete" && [...found.files.keys()]).toEqual([
      "bzImage",
      "initrd",
      ...names.slice(0, 5).map((name) => `sub/${name}`),
    ]);
  });

  test("finds init's target though it leads nowhere on this machine", async () => {
    const folder = media.write(join(media.folder, "copy"), {
      bzImage: "k",
      initrd: "i",
      "kernel-params": "quiet\n",
    });
    symlinkSync("/nix/store/nowhere-nixos-system/init", join(folder, "init"));
    expect((await complete(folder)).image.kernelParams).toBe(
      "init=/nix/store/nowhere-nixos-system/init quiet",
    );
  });

  test("has other facts after any change within, also of what is not served", async () => {
    const folder = media.write(join(media.folder, "copy"), { bzImage: "k", initrd: "i" });
    const facts = [(await complete(folder)).facts];
    const look = async () => facts.push((await complete(folder)).facts);
    writeFileSync(join(folder, ".initrd.part"), "1");
    await look();
    writeFileSync(join(folder, ".initrd.part"), "22");
    await look();
    utimesSync(join(folder, "initrd"), 1, 1);
    await look();
    mkdirSync(join(folder, "sub"));
    writeFileSync(join(folder, "sub", "x"), "");
    await look();
    expect(new Set(facts).size).toBe(facts.length);
    await look();
    expect(new Set(facts).size).toBe(facts.length - 1);
  });
});

describe("contentId", () => {
  const id = async (contents: Record<string, string>, name: string) =>
    contentId(await complete(media.write(join(media.folder, name), contents)), new Map());

  test("depends on contents, names and parameters, and on nothing else", async () => {
    const same = [
      await id({ bzImage: "k", initrd: "i" }, "a"),
      await id({ initrd: "i", bzImage: "k", notes: "x" }, "b"),
    ];
    const others = await Promise.all([
      id({ bzImage: "k", initrd: "j" }, "c"),
      id({ bzImage: "k", "initrd.gz": "i" }, "d"),
      id({ bzImage: "k", initrd: "i", cmdline: "quiet" }, "e"),
      id({ bzImage: "ki", initrd: "i" }, "f"),
      id({ bzImage: "k", initrd: "i".repeat(3 << 20) }, "g"),
      id({ bzImage: "k", initrd: `${"i".repeat((3 << 20) - 1)}j` }, "h"),
    ]);
    expect(same[0]).toBe(same[1]);
    expect(new Set([...same, ...others]).size).toBe(7);
  });

  test("is not made of a file that changed since it was found", async () => {
    const folder = media.write(join(media.folder, "a"), { bzImage: "k", initrd: "i" });
    const found = await complete(folder);
    writeFileSync(join(folder, "initrd"), "j");
    await expect(contentId(found, new Map())).rejects.toThrow(MovedError);
  });
});
