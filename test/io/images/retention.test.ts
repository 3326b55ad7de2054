import { readFileSync, readlinkSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { BootEvent } from "../../../src/boot/event.ts";
import type { Generation } from "../../../src/boot/generation.ts";
import type { GenerationRecord } from "../../../src/boot/history/record.ts";
import type { ImageSettings } from "../../../src/io/images/image-settings.ts";
import { type Images, startImages } from "../../../src/io/images/images.ts";
import type { Copies, Keeping, Roots } from "../../../src/io/images/keeping.ts";
import { createWorld, type World } from "../../../src/io/world.ts";
import { kexecBoot } from "../../support/image-folders.ts";
import { type Media, makeMedia, nextEvent } from "../../support/media.ts";
import { BETA } from "../../support/worlds.ts";

const QUICK: Partial<ImageSettings> = {
  stillMs: 20,
  graceMs: 50,
  recheckMs: 3_600_000,
  keepMs: 40,
  keepUnusedMs: 40,
};

let media: Media;
let world: World;
let images: Images | undefined;
let events: BootEvent[];
/** What was published, the last one first, as a history has it. */
let published: GenerationRecord[];
let wanted: Set<string>;

beforeEach(() => {
  media = makeMedia();
  published = [];
  wanted = new Set();
  newWorld();
});

afterEach(async () => {
  await images?.close();
  images = undefined;
  media.remove();
  expect(events.filter(({ type }) => type === "bug")).toEqual([]);
});

function newWorld(): void {
  world = createWorld();
  events = [];
  world.subscribe((event) => {
    events.push(event);
    if (event.type === "published") published = [recordOf(event.image, event.generation), ...published];
  });
  world.change([{ type: "hosts", hosts: [BETA] }]);
}

function recordOf(image: string, { id, shape, path, kernelParams }: Generation): GenerationRecord {
  return { image, number: 1, id, shape, path, firstMs: 0, lastMs: 0, kernelParams, sizeBytes: 0 };
}

async function start(keeping: Partial<Keeping> = {}): Promise<Images> {
  images = startImages({
    world,
    hostsFolder: media.hosts,
    settings: QUICK,
    keeping: {
      rollbackDepth: () => 1,
      remembered: {
        recordsOf: (image) => published.filter((each) => each.image === image),
        recordOf: async (id) => published.find((each) => each.id === id),
        wanted: () => wanted,
        refresh: async () => {},
      },
      ...keeping,
    },
  });
  await images.ready;
  return images;
}

/** As after a kill: nothing but the disk and the records is left. */
async function restart(keeping: Partial<Keeping> = {}): Promise<Images> {
  await images?.close();
  newWorld();
  const started = await start(keeping);
  await started.review();
  return started;
}

function tree(version: string) {
  return {
    bzImage: `kernel ${version}`,
    "initrd.zst": `initrd ${version}`,
    "kexec-boot": kexecBoot("initrd.zst", version),
  };
}

async function publish(version: string): Promise<string> {
  const path = media.store(tree(version));
  const news = nextEvent(world, "published", ({ generation }) => generation.path === path);
  media.link("beta", path);
  await news;
  return basename(path);
}

const kept = () => [...world.snapshot().generations.keys()].sort();

async function initrdOf(id: string): Promise<string | undefined> {
  const generation = world.snapshot().generations.get(id);
  const file = generation && (await images?.shelf.openMedia(generation, "initrd.zst"));
  if (file === undefined) return undefined;
  const into = new Uint8Array(file.sizeBytes);
  await file.read(into, 0);
  file.close();
  return new TextDecoder().decode(into);
}

describe("what is kept to go back to", () => {
  test("is the generation before the current one, and the one before that goes", async () => {
    await start();
    const [first, second] = [await publish("v1"), await publish("v2")];
    const dropped = nextEvent(world, "dropped");
    const third = await publish("v3");
    expect((await dropped).generation).toBe(first);
    expect(kept()).toEqual([second, third].sort());
  });

  test("is there again after a restart, and is no image's current one", async () => {
    await start();
    const [first, second] = [await publish("v1"), await publish("v2")];
    await restart();
    expect(world.snapshot().images.get("beta")?.current).toBe(second);
    expect(await initrdOf(first)).toBe("initrd v1");
    expect(events.filter(({ type }) => type === "published")).toHaveLength(1);
    // It stays, however long nobody asks for it.
    await images?.recheck();
    expect(kept()).toEqual([first, second].sort());
  });

  test("is brought back when somebody wants it again, and let go of when nobody does", async () => {
    await start();
    const first = await publish("v1");
    await publish("v2");
    const dropped = nextEvent(world, "dropped");
    await publish("v3");
    await dropped;
    wanted.add(first);
    await images?.review();
    expect(await initrdOf(first)).toBe("initrd v1");
    wanted.clear();
    const droppedAgain = nextEvent(world, "dropped");
    await images?.review();
    expect((await droppedAgain).generation).toBe(first);
  });

  test("and is gone after a restart is told, once, with the cure; the rest is served", async () => {
    await start();
    const [first, second] = [await publish("v1"), await publish("v2")];
    rmSync(join(media.folder, "store", first), { recursive: true });
    await restart();
    expect(kept()).toEqual([second]);
    await images?.review();
    await images?.recheck();
    const notices = events.filter((event) => event.type === "notice");
    expect(notices).toEqual([
      {
        type: "notice",
        level: "info",
        text: expect.stringMatching(new RegExp(`^generation ${first} of beta cannot be kept: .*ENOENT`)),
        cure: "build it again and link it, or go back to another one",
      },
    ]);
  });

  test("and was pinned and is gone is a warning", async () => {
    await start();
    const [first] = [await publish("v1"), await publish("v2")];
    rmSync(join(media.folder, "store", first), { recursive: true });
    wanted.add(first);
    await restart();
    expect(events).toContainEqual(expect.objectContaining({ type: "notice", level: "warn" }));
  });

  test("is not what lies in a plain folder now, where that was overwritten", async () => {
    const folder = media.write(join(media.folder, "plain"), tree("v1"));
    media.link("beta", folder);
    await start();
    const overwritten = nextEvent(world, "published");
    for (const [name, text] of Object.entries(tree("v2"))) {
      writeFileSync(join(folder, `${name}.new`), text);
      renameSync(join(folder, `${name}.new`), join(folder, name));
    }
    await overwritten;
    await restart();
    expect(kept()).toHaveLength(1);
    expect(events).toContainEqual(
      expect.objectContaining({ type: "notice", text: expect.stringContaining("is another build") }),
    );
  });
});

/** Roots as a list of what is held. */
function fakeRoots(held: string[], onHold: (path: string) => void = () => {}, onAgain = () => {}): Roots {
  return {
    async hold(paths) {
      const mine = [...paths];
      for (const path of mine) onHold(path);
      held.push(...mine);
      return { release: () => mine.forEach((path) => void held.splice(held.indexOf(path), 1)) };
    },
    async again() {
      onAgain();
    },
    settle: () => void held.push("settled"),
    close: () => void held.push("closed"),
  };
}

describe("roots", () => {
  test("are there for all that is kept, and are not let go of when the server stops", async () => {
    const held: string[] = [];
    await start({ roots: fakeRoots(held) });
    await expect.poll(() => held).toEqual(["settled"]);
    const [first, second] = [await publish("v1"), await publish("v2")];
    expect(held.slice(1).map((path) => basename(path))).toEqual([first, second]);
    const dropped = nextEvent(world, "dropped");
    const third = await publish("v3");
    await dropped;
    expect(held.slice(1).map((path) => basename(path))).toEqual([second, third]);
    await images?.close();
    expect(held).toContain("closed");
  });

  test("that could not be made are tried again when images are looked at again", async () => {
    let tries = 0;
    await start({
      roots: fakeRoots(
        [],
        () => {},
        () => void tries++,
      ),
    });
    await images?.recheck();
    expect(tries).toBeGreaterThan(0);
  });

  test("are made before a generation is published, and one that was collected meanwhile is looked for again", async () => {
    const held: string[] = [];
    const path = media.store(tree("v1"));
    let collects = 1;
    const roots = fakeRoots(held, () => {
      if (collects-- > 0) rmSync(path, { recursive: true });
    });
    await start({ roots });
    const trouble = nextEvent(world, "trouble");
    media.link("beta", path);
    expect((await trouble).reason).toMatch(/is not there: build the image again/);
    expect(held).toEqual(["settled"]);
    const news = nextEvent(world, "published");
    media.store(tree("v1"));
    media.link("beta", readlinkSync(join(media.hosts, "beta")));
    await images?.recheck();
    await news;
    expect(held).toContain(path);
  });

  test("of a plain folder are of the store paths that its links lead to", async () => {
    const held: string[] = [];
    const kernel = media.store({ bzImage: "kernel" }, "linux");
    const folder = media.write(join(media.folder, "plain"), tree("v1"));
    rmSync(join(folder, "bzImage"));
    media.link("../../plain/bzImage", join(kernel, "bzImage"));
    media.link("beta", folder);
    await start({ roots: fakeRoots(held) });
    expect(world.snapshot().images.get("beta")?.current).toMatch(/^d-/);
    expect(held).toContain(kernel);
  });
});

describe("a copy of a plain folder", () => {
  function copiesIn(folder: string): Copies & { readonly made: string[] } {
    const made: string[] = [];
    return {
      made,
      isOn: () => true,
      placeOf: (id) => (made.includes(id) ? join(folder, id) : undefined),
      async keep(id, { files }) {
        const texts = await Promise.all(
          Array.from(files, async ([name, { path }]) => [name, readFileSync(path, "utf8")] as const),
        );
        media.write(join(folder, id), Object.fromEntries(texts));
        made.push(id);
        return join(folder, id);
      },
      close() {},
    };
  }

  test("is made in the background, and is served when the folder is overwritten in place", async () => {
    const folder = media.write(join(media.folder, "plain"), tree("v1"));
    media.link("beta", folder);
    const copies = copiesIn(join(media.folder, "copies"));
    await start({ copies });
    const first = world.snapshot().images.get("beta")?.current ?? "";
    await expect.poll(() => copies.made).toEqual([first]);
    const overwritten = nextEvent(world, "published");
    for (const [name, text] of Object.entries(tree("v2"))) writeFileSync(join(folder, name), text);
    await overwritten;
    expect(await initrdOf(first)).toBe("initrd v1");
    await restart({ copies });
    expect(await initrdOf(first)).toBe("initrd v1");
  });

  test("that cannot be made is told, and the image is served all the same", async () => {
    media.link("beta", media.write(join(media.folder, "plain"), tree("v1")));
    const told = nextEvent(world, "notice");
    const keep = () => Promise.reject(Object.assign(new Error("the disk is full"), { cure: "make room" }));
    await start({ copies: { isOn: () => true, placeOf: () => undefined, keep, close() {} } });
    expect(await told).toMatchObject({
      text: "the image of beta is served, but no copy of it is kept to go back to: the disk is full",
      cure: "make room",
    });
    expect(world.snapshot().images.get("beta")?.current).toMatch(/^d-/);
  });

  test("is not made where nothing is to be gone back to", async () => {
    media.link("beta", media.write(join(media.folder, "plain"), tree("v1")));
    const copies = copiesIn(join(media.folder, "copies"));
    await start({ copies, rollbackDepth: () => 0 });
    await images?.close();
    expect(copies.made).toEqual([]);
  });
});
