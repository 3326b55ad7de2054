import {
  appendFileSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { BootEvent } from "../../../src/boot/event.ts";
import type { Generation } from "../../../src/boot/generation.ts";
import type { ImageSettings } from "../../../src/io/images/image-settings.ts";
import { type Images, startImages } from "../../../src/io/images/images.ts";
import { type OpenFile, StaleFileError } from "../../../src/io/open-file.ts";
import { createWorld, type World } from "../../../src/io/world.ts";
import { homestakeros, kexecBoot } from "../../support/image-folders.ts";
import { bzImage } from "../../support/kernels.ts";
import { type Media, makeMedia, nextEvent } from "../../support/media.ts";

/** Short times, and no slow re-check: what a test sees was heard and not stumbled upon. */
const QUICK: Partial<ImageSettings> = { stillMs: 60, graceMs: 150, recheckMs: 3_600_000 };

let media: Media;
let world: World;
let images: Images | undefined;
let events: BootEvent[];

beforeEach(() => {
  media = makeMedia();
  world = createWorld();
  events = [];
  world.subscribe((event) => events.push(event));
});

afterEach(async () => {
  await images?.close();
  images = undefined;
  media.remove();
  expect(events.filter(({ type }) => type === "bug")).toEqual([]);
});

async function start(
  settings: Partial<ImageSettings> = {},
  named?: ReadonlyMap<string, string>,
): Promise<Images> {
  images = startImages({
    world,
    hostsFolder: media.hosts,
    ...(named === undefined ? {} : { images: named }),
    settings: { ...QUICK, ...settings },
  });
  await images.ready;
  return images;
}

function tree(version: string) {
  return {
    bzImage: `kernel ${version}`,
    "initrd.zst": `initrd ${version}`,
    "kexec-boot": kexecBoot("initrd.zst", version),
  };
}

function current(image: string): Generation | undefined {
  const id = world.snapshot().images.get(image)?.current;
  return id === undefined ? undefined : world.snapshot().generations.get(id);
}

async function open(generation: Generation | undefined, name: string): Promise<OpenFile> {
  const file = generation === undefined ? undefined : await images?.shelf.openMedia(generation, name);
  if (file === undefined) throw new Error(`${name} is not there`);
  return file;
}

async function readAll(generation: Generation | undefined, name: string): Promise<string> {
  const file = await open(generation, name);
  const into = new Uint8Array(file.sizeBytes);
  expect(await file.read(into, 0)).toBe(file.sizeBytes);
  file.close();
  return new TextDecoder().decode(into);
}

const published = (image: string, path?: string) =>
  nextEvent(
    world,
    "published",
    (event) => event.image === image && (path === undefined || event.generation.path === path),
  );

describe("an image in a store", () => {
  test("is published at the start, with the base name of its store path for an id", async () => {
    const path = media.store({
      ...homestakeros("init=/a quiet"),
      bzImage: new TextDecoder("latin1").decode(bzImage("6.6.30")),
    });
    media.link("beta", path);
    await start();
    expect(current("beta")).toMatchObject({
      id: basename(path),
      shape: "homestakeros",
      path,
      kernel: { file: "bzImage", isa: "x86", version: "6.6.30" },
      initrds: ["initrd.zst"],
      kernelParams: "init=/a quiet",
    });
    expect(current("beta")?.files.get("netboot.ipxe")).toBeGreaterThan(0);
    expect(await readAll(current("beta"), "initrd.zst")).toBe("initrd");
  });

  test("whose entries are links into other store paths is read through them", async () => {
    const initrd = media.store({ initrd: "the initrd" }, "initrd");
    const kernel = media.store({ Image: "the kernel" }, "linux");
    const farm = media.store({ "kexec-boot": kexecBoot("initrd.zst", "a") }, "kexec-tree");
    symlinkSync(join(initrd, "initrd"), join(farm, "initrd.zst"));
    symlinkSync(join(kernel, "Image"), join(farm, "bzImage"));
    media.link("beta", farm);
    await start();
    expect(await readAll(current("beta"), "initrd.zst")).toBe("the initrd");
    expect(await readAll(current("beta"), "bzImage")).toBe("the kernel");
  });

  test("within a store path has an id of its own", async () => {
    const outer = media.store(
      { "a/bzImage": "k", "a/initrd": "i", "b/bzImage": "k2", "b/initrd": "i2" },
      "bundle",
    );
    media.link("one", join(outer, "a"));
    media.link("two", join(outer, "b"));
    await start();
    const ids = [current("one")?.id, current("two")?.id];
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect(id).toMatch(new RegExp(`^${basename(outer)}\\.[0-9a-f]{16}$`));
    expect(await readAll(current("two"), "initrd")).toBe("i2");
  });

  test("is replaced when its link is, as nix does it and as people do; the old one stays readable", async () => {
    const [one, two, three] = ["1", "2", "3"].map((version) => media.store(tree(version))) as [
      string,
      string,
      string,
    ];
    media.link("beta", one);
    await start();
    const old = current("beta");
    const slow = await open(old, "initrd.zst");

    const second = published("beta", two);
    media.link("beta", two);
    await second;
    const third = published("beta", three);
    media.relink("beta", three);
    await third;
    rmSync(one, { recursive: true });

    expect(await readAll(current("beta"), "initrd.zst")).toBe("initrd 3");
    const into = new Uint8Array(4);
    expect(await slow.read(into, 5)).toBe(3);
    expect(new TextDecoder().decode(into.subarray(0, 3))).toBe("d 1");
    expect(await readAll(old, "bzImage")).toBe("kernel 1");
    slow.close();
    expect(events.some(({ type }) => type === "withdrawn" || type === "trouble")).toBe(false);
  });

  test("that lacks a file changes nothing, and the file is named", async () => {
    const good = media.store(tree("1"));
    media.link("beta", good);
    await start();
    const trouble = nextEvent(world, "trouble");
    media.link("beta", media.store({ bzImage: "k", "kexec-boot": kexecBoot("initrd.zst", "") }));
    expect((await trouble).reason).toMatch(/initrd\.zst is missing; kexec-boot loads it \(in .*\)/);
    expect(current("beta")?.path).toBe(good);
    expect(world.snapshot().images.get("beta")?.trouble).toMatch(/initrd\.zst is missing/);
  });

  test("that is gone leaves the last good one and the trouble, until the next one comes", async () => {
    const good = media.store(tree("1"));
    media.link("beta", good);
    await start();
    const trouble = nextEvent(world, "trouble");
    media.link("beta", join(media.folder, "store", "0".repeat(32).concat("-gone")));
    expect((await trouble).reason).toMatch(/links to .*-gone, which is not there: build the image again/);
    expect(await readAll(current("beta"), "bzImage")).toBe("kernel 1");

    const mended = published("beta");
    media.link("beta", media.store(tree("2")));
    await mended;
    expect(world.snapshot().images.get("beta")).toEqual({ name: "beta", current: current("beta")?.id });
  });

  test("that goes in a circle is called one", async () => {
    media.link("beta", "beta");
    await start();
    expect(world.snapshot().images.get("beta")?.trouble).toMatch(/hosts\/beta links in a circle: link it to/);
  });

  test("whose target was collected under it is found out by the slow re-check", async () => {
    const good = media.store(tree("1"));
    media.link("beta", good);
    await start({ recheckMs: 50 });
    const trouble = nextEvent(world, "trouble");
    rmSync(good, { recursive: true });
    expect((await trouble).reason).toMatch(/which is not there/);
    expect(await readAll(current("beta"), "initrd.zst")).toBe("initrd 1");
  });

  test("is withdrawn when its link is removed, and its name disappears", async () => {
    media.link("beta", media.store(tree("1")));
    media.link("gamma", media.store(tree("1")));
    const started = await start();
    expect([...started.entries()].sort()).toEqual(["beta", "gamma"]);
    const names: string[][] = [];
    started.onEntries((entries) => names.push([...entries].sort()));
    const withdrawn = nextEvent(world, "withdrawn");
    rmSync(join(media.hosts, "beta"));
    expect((await withdrawn).image).toBe("beta");
    expect(world.snapshot().images.has("beta")).toBe(false);
    expect(names).toEqual([["gamma"]]);
    const back = published("beta");
    media.link("beta", media.store(tree("2")));
    await back;
    expect(names.at(-1)).toEqual(["beta", "gamma"]);
  });

  test("is seen at its last link after a hundred swaps in a row", async () => {
    const paths = Array.from({ length: 10 }, (_, i) => media.store(tree(`${i}`)));
    media.link("beta", paths[0] ?? "");
    await start();
    for (let i = 1; i <= 100; i++) {
      media.link("beta", paths[i % 10] ?? "");
      // Anything from right after the last one to well after it was published.
      for (let turns = i % 25; turns > 0; turns--) await new Promise((next) => setImmediate(next));
    }
    const last = media.store(tree("last"));
    const seen = published("beta", last);
    media.link("beta", last);
    await seen;
    expect(await readAll(current("beta"), "initrd.zst")).toBe("initrd last");
  });

  test("behind a link outside the media folder is replaced when that link is", async () => {
    const [one, two] = [media.store(tree("1")), media.store(tree("2"))];
    const result = join(media.folder, "infra", "result");
    mkdirSync(join(media.folder, "infra"));
    symlinkSync(one, result);
    media.link("beta", result);
    await start();
    expect(current("beta")?.path).toBe(one);
    const swapped = published("beta", two);
    symlinkSync(two, `${result}.tmp-1-1`);
    renameSync(`${result}.tmp-1-1`, result);
    await swapped;
  });
});

describe("a folder outside a store", () => {
  test("gets a digest of its content for an id, the same wherever it lies", async () => {
    media.write(join(media.hosts, "beta"), tree("1"));
    media.write(join(media.hosts, "gamma"), tree("1"));
    media.write(join(media.hosts, "delta"), tree("2"));
    await start();
    expect(current("beta")?.id).toMatch(/^d-[0-9a-f]{32}$/);
    expect(current("gamma")?.id).toBe(current("beta")?.id);
    expect(current("delta")?.id).not.toBe(current("beta")?.id);
    expect(await readAll(current("delta"), "initrd.zst")).toBe("initrd 2");
  });

  test("that is copied slowly is never published early", async () => {
    const started = await start({ stillMs: 1000 });
    const folder = join(media.hosts, "beta");
    mkdirSync(folder);
    writeFileSync(join(folder, "bzImage"), "kernel");
    const fd = openSync(join(folder, "initrd"), "w");
    for (let i = 0; i < 20; i++) {
      writeSync(fd, `piece ${i};`);
      await started.recheck();
    }
    expect(world.snapshot().images.size).toBe(0);
    const ready = published("beta");
    closeSync(fd);
    expect(await readAll((await ready).generation, "initrd")).toMatch(/^piece 0;.*piece 19;$/);
  });

  test("with a kernel that is cut off is not published", async () => {
    const kernel = bzImage("6.6.30");
    const folder = media.write(join(media.hosts, "beta"), { initrd: "i" });
    writeFileSync(join(folder, "bzImage"), kernel.subarray(0, 0x900));
    await start();
    expect(world.snapshot().images.get("beta")?.trouble).toMatch(
      /bzImage is cut off: it has 2304 bytes of at least/,
    );
    const whole = published("beta");
    writeFileSync(join(folder, "bzImage"), kernel);
    expect((await whole).generation.kernel).toEqual({
      file: "bzImage",
      format: "bzimage",
      isa: "x86",
      version: "6.6.30",
    });
  });

  test("overwritten in place says so to who reads it, and becomes a new generation", async () => {
    const folder = media.write(join(media.hosts, "beta"), tree("1"));
    await start();
    const old = current("beta");
    const file = await open(old, "initrd.zst");
    const into = new Uint8Array(file.sizeBytes);
    await file.read(into, 0);

    const renewed = published("beta");
    writeFileSync(join(folder, "initrd.zst"), "initrd 2");
    await expect(file.read(into, 0)).rejects.toThrow(StaleFileError);
    file.close();
    const { generation } = await renewed;
    expect(generation.id).not.toBe(old?.id);
    expect(await readAll(generation, "initrd.zst")).toBe("initrd 2");
    await expect(images?.shelf.openMedia(old as Generation, "initrd.zst")).rejects.toThrow(StaleFileError);
  });

  test("whose file is replaced by a rename leaves the boot under way its old file", async () => {
    const folder = media.write(join(media.hosts, "beta"), tree("1"));
    await start();
    const old = current("beta");
    const file = await open(old, "initrd.zst");
    const renewed = published("beta");
    writeFileSync(join(folder, ".initrd.zst.x1"), "initrd 2");
    renameSync(join(folder, ".initrd.zst.x1"), join(folder, "initrd.zst"));
    await renewed;
    const into = new Uint8Array(file.sizeBytes);
    await file.read(into, 0);
    expect(new TextDecoder().decode(into)).toBe("initrd 1");
    file.close();
    expect(await readAll(old, "initrd.zst")).toBe("initrd 1");
    expect(await readAll(current("beta"), "initrd.zst")).toBe("initrd 2");
  });

  test("whose copy was spoilt is still served from the other folder with the same content", async () => {
    const one = media.write(join(media.hosts, "beta"), tree("1"));
    media.write(join(media.hosts, "gamma"), tree("1"));
    await start();
    const both = current("gamma");
    const renewed = published("beta");
    writeFileSync(join(one, "initrd.zst"), "spoilt");
    await renewed;
    expect(await readAll(both, "initrd.zst")).toBe("initrd 1");
  });

  test("that is touched without another content stays the same generation", async () => {
    const folder = media.write(join(media.hosts, "beta"), tree("1"));
    const started = await start();
    const before = current("beta");
    writeFileSync(join(folder, "notes.txt"), "not served");
    const gamma = published("gamma");
    media.write(join(media.hosts, "gamma"), tree("9"));
    await gamma;
    await started.recheck();
    expect(current("beta")?.id).toBe(before?.id);
    expect(events.filter((event) => event.type === "published" && event.image === "beta")).toHaveLength(1);
    expect(current("beta")?.files.has("notes.txt")).toBe(false);
  });

  test("with a link out of it and out of any store is refused, with the link named", async () => {
    const elsewhere = media.write(join(media.folder, "elsewhere"), { secret: "s" });
    const folder = media.write(join(media.hosts, "beta"), { bzImage: "k" });
    symlinkSync(join(elsewhere, "secret"), join(folder, "initrd"));
    await start();
    expect(world.snapshot().images.get("beta")?.trouble).toMatch(
      /initrd links to .*\/elsewhere\/secret, which is neither in the image's folder nor in a nix store/,
    );
  });

  test("with links into a store is served through them", async () => {
    const kernel = media.store({ bzImage: "the kernel" }, "linux");
    const folder = media.write(join(media.hosts, "beta"), { initrd: "i" });
    symlinkSync(join(kernel, "bzImage"), join(folder, "bzImage"));
    await start();
    expect(await readAll(current("beta"), "bzImage")).toBe("the kernel");
  });
});

describe("the media folder", () => {
  test("need not be there yet, may come late, and may be replaced as a whole", async () => {
    rmSync(join(media.folder, "boot-media"), { recursive: true });
    await start();
    const first = published("beta");
    mkdirSync(media.hosts, { recursive: true });
    media.link("beta", media.store(tree("1")));
    await first;

    const second = published("beta", media.store(tree("2")));
    mkdirSync(join(media.folder, "new"));
    symlinkSync(media.store(tree("2")), join(media.folder, "new", "beta"));
    renameSync(media.hosts, join(media.folder, "old"));
    renameSync(join(media.folder, "new"), media.hosts);
    await second;

    const third = published("beta", media.store(tree("3")));
    media.link("beta", media.store(tree("3")));
    await third;
  });

  test("has other things in it that are no images", async () => {
    writeFileSync(join(media.hosts, "README.md"), "about this folder");
    media.write(join(media.hosts, "beta.rpi4"), { "config.txt": "x" });
    media.link(".hidden", media.store(tree("1")));
    media.link("no name for a host", media.store(tree("1")));
    media.link("52-54-00-12-34-56", media.store(tree("1")));
    const started = await start();
    expect([...started.entries()]).toEqual(["52-54-00-12-34-56"]);
    expect(events.filter(({ type }) => type === "trouble")).toEqual([]);
    expect(events.filter(({ type }) => type === "notice")).toMatchObject([
      { text: expect.stringMatching(/no name for a host is ignored: a host's name has/) },
    ]);
  });

  test("says of a link to any file that it is no image", async () => {
    media.link("beta", join(media.write(join(media.folder, "x"), { "a.iso": "x" }), "a.iso"));
    await start();
    expect(world.snapshot().images.get("beta")?.trouble).toMatch(
      /a\.iso is no image: it is neither a folder, nor a unified kernel image, nor an ISO/,
    );
  });
});

describe("images with a path of their own", () => {
  test("win over the media folder, follow the configuration, and one that is missing is told", async () => {
    const result = join(media.folder, "result");
    symlinkSync(media.store(tree("1")), result);
    media.link("beta", media.store(tree("2")));
    const started = await start(
      {},
      new Map([
        ["beta", result],
        ["gamma", join(media.folder, "nowhere")],
      ]),
    );
    expect(current("beta")?.kernelParams).toBe("1");
    expect(world.snapshot().images.get("gamma")?.trouble).toMatch(/nowhere is not there: build the image/);

    const both = Promise.all([published("beta"), published("delta")]);
    started.setImages(new Map([["delta", result]]));
    await both;
    expect(current("beta")?.kernelParams).toBe("2");
    expect(world.snapshot().images.has("gamma")).toBe(false);
  });

  test("need no media folder: a single result for every machine", async () => {
    const result = join(media.folder, "result");
    symlinkSync(media.store(tree("1")), result);
    images = startImages({ world, images: new Map([["default", result]]), settings: QUICK });
    await images.ready;
    expect(await readAll(current("default"), "initrd.zst")).toBe("initrd 1");
    const swapped = published("default", media.store(tree("2")));
    symlinkSync(media.store(tree("2")), `${result}.tmp-1-1`);
    renameSync(`${result}.tmp-1-1`, result);
    await swapped;
  });
});

describe("what is kept", () => {
  const SHORT = { keepMs: 200, keepUnusedMs: 100 };

  test("a superseded generation that a machine was told of outlives one that nobody knows", async () => {
    media.link("beta", media.store(tree("1")));
    const started = await start({ keepMs: 3_600_000, keepUnusedMs: 50 });
    const told = current("beta") as Generation;
    started.touch(told.id);
    const second = published("beta");
    media.link("beta", media.store(tree("2")));
    const unknown = (await second).generation;
    const dropped = nextEvent(world, "dropped");
    media.link("beta", media.store(tree("3")));
    expect((await dropped).generation).toBe(unknown.id);
    expect(await started.shelf.openMedia(unknown, "bzImage")).toBeUndefined();
    expect(world.snapshot().generations.has(unknown.id)).toBe(false);
    expect(await readAll(told, "bzImage")).toBe("kernel 1");
  });

  test("a generation that is being read is not dropped, and soon after it is", async () => {
    media.link("beta", media.store(tree("1")));
    const started = await start(SHORT);
    const old = current("beta") as Generation;
    const file = await open(old, "initrd.zst");
    const other = nextEvent(world, "dropped");
    const second = published("beta");
    media.link("beta", media.store(tree("2")));
    const unread = (await second).generation;
    media.link("beta", media.store(tree("3")));
    expect((await other).generation).toBe(unread.id);

    const dropped = nextEvent(world, "dropped");
    const into = new Uint8Array(file.sizeBytes);
    expect(await file.read(into, 0)).toBe(file.sizeBytes);
    file.close();
    expect((await dropped).generation).toBe(old.id);
    expect(await started.shelf.openMedia(old, "initrd.zst")).toBeUndefined();
  });

  test("no descriptor stays open when all is closed", async () => {
    const open = () => descriptorsIn(media.folder);
    media.link("beta", media.store(tree("1")));
    media.write(join(media.hosts, "gamma"), tree("2"));
    const started = await start();
    expect(open()).toBeGreaterThan(0);
    await started.close();
    await expect.poll(open).toBe(0);
  });
});

/** How many of our descriptors are of files in the folder. */
function descriptorsIn(folder: string): number {
  const targets = readdirSync("/proc/self/fd").map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return ""; // closed meanwhile: the one that lists them, at least
    }
  });
  return targets.filter((target) => target.startsWith(`${folder}/`)).length;
}

describe("boot programs", () => {
  test("are read from where they lie, and one that has gone is not there", async () => {
    const folder = media.write(join(media.folder, "ipxe"), { "ipxe-x64.efi": "program" });
    const { shelf } = await start();
    const path = join(folder, "ipxe-x64.efi");
    const program = { name: "ipxe-x64.efi", kind: "efi-x64", path, sizeBytes: 7 } as const;
    const file = await shelf.openProgram(program);
    const into = new Uint8Array(16);
    expect(await file?.read(into, 0)).toBe(7);
    appendFileSync(path, "!");
    await expect(file?.read(into, 0)).rejects.toThrow(StaleFileError);
    file?.close();
    rmSync(path);
    expect(await shelf.openProgram(program)).toBeUndefined();
  });
});

describe("a thousand links", () => {
  test("are all published, and all swapped", async () => {
    const paths = Array.from({ length: 20 }, (_, i) => media.store(tree(`${i}`)));
    const names = Array.from({ length: 1000 }, (_, i) => `host-${i}`);
    for (const [i, name] of names.entries()) media.link(name, paths[i % 10] ?? "");
    await start();
    expect(world.snapshot().images.size).toBe(1000);

    const waiting = new Set(names);
    const all = nextEvent(world, "published", ({ image, generation }) => {
      if (paths.indexOf(generation.path) >= 10) waiting.delete(image);
      return waiting.size === 0;
    });
    for (const [i, name] of names.entries()) media.link(name, paths[10 + (i % 10)] ?? "");
    await all;
    for (const [i, name] of names.entries()) expect(current(name)?.path).toBe(paths[10 + (i % 10)]);
  }, 30_000);
});
