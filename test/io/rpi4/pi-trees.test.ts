import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { followPiTrees, readPiTrees } from "../../../src/io/rpi4/pi-trees.ts";
import { writeTree } from "../../../src/io/rpi4/write-tree.ts";
import { createWorld, type World } from "../../../src/io/world.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const WITHIN = { timeout: 10_000 };
const bytes = (text: string) => new TextEncoder().encode(text);
const file = (place: string, text = place) => ({
  place,
  bytes: bytes(text),
  source: "test",
});

/** Places and sizes of the shared folder, and of the hosts' own. */
function listOf(world: World): Record<string, Record<string, number>> {
  const { shared, own } = world.snapshot().piTrees;
  const sizes = (tree: typeof shared) =>
    Object.fromEntries([...tree].map(([place, { sizeBytes }]) => [place, sizeBytes]));
  return {
    shared: sizes(shared),
    ...Object.fromEntries([...own].map(([host, tree]) => [host, sizes(tree)])),
  };
}

async function follow(media: string): Promise<World> {
  const world = createWorld();
  const folders = await followPiTrees(world, media);
  onTestFinished(() => folders.close());
  return world;
}

test("the files are known from the start, with those deep in folders, and hidden ones not", async () => {
  const media = tempFolder();
  await writeTree(join(media, "rpi4"), [file("start4.elf"), file("overlays/a.dtbo"), file(".gitkeep", "")]);
  await mkdir(join(media, "hosts/beta.rpi4/efi/boot"), { recursive: true });
  await writeFile(join(media, "hosts/beta.rpi4/efi/boot/bootaa64.efi"), "own");
  await mkdir(join(media, "hosts/gamma"));
  const expected = {
    shared: { "start4.elf": 10, "overlays/a.dtbo": 15 },
    beta: { "efi/boot/bootaa64.efi": 3 },
  };
  expect(listOf(await follow(media))).toEqual(expected);
  expect([...(await readPiTrees(media)).shared.keys()].sort()).toEqual(["overlays/a.dtbo", "start4.elf"]);
});

test("a folder that is swapped by renaming is seen, as often as that happens", async () => {
  const media = tempFolder();
  const world = await follow(media);
  expect(listOf(world)).toEqual({ shared: {} });
  for (const round of [1, 2, 3]) {
    await writeTree(join(media, "rpi4"), [file("start4.elf", "x".repeat(round)), file("overlays/deep.dtbo")]);
    await expect
      .poll(() => listOf(world).shared, WITHIN)
      .toEqual({ "start4.elf": round, "overlays/deep.dtbo": 18 });
  }
});

test("a file that is copied into a folder, overwritten and removed is seen", async () => {
  const media = tempFolder();
  await writeTree(join(media, "rpi4"), [file("overlays/a.dtbo")]);
  const world = await follow(media);
  const overlay = join(media, "rpi4/overlays/b.dtbo");
  await writeFile(overlay, "1");
  await expect.poll(() => listOf(world).shared?.["overlays/b.dtbo"], WITHIN).toBe(1);
  const { stamp } = world.snapshot().piTrees.shared.get("overlays/b.dtbo") ?? {};
  await writeFile(overlay, "2");
  await expect
    .poll(() => world.snapshot().piTrees.shared.get("overlays/b.dtbo")?.stamp, WITHIN)
    .not.toBe(stamp);
  await rm(overlay);
  await expect.poll(() => listOf(world).shared, WITHIN).toEqual({ "overlays/a.dtbo": 15 });
});

test("a host's own folder comes and goes", async () => {
  const media = tempFolder();
  const world = await follow(media);
  const own = join(media, "hosts/beta.rpi4");
  await mkdir(own, { recursive: true });
  await writeFile(join(own, "config.txt"), "own");
  await expect.poll(() => listOf(world).beta, WITHIN).toEqual({ "config.txt": 3 });
  await rm(own, { recursive: true });
  await expect.poll(() => listOf(world), WITHIN).toEqual({ shared: {} });
});
