/** Images built, swapped and collected by a real nix while they are read. */

import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Images, startImages } from "../../src/io/images/images.ts";
import type { OpenFile } from "../../src/io/open-file.ts";
import { createWorld, type World } from "../../src/io/world.ts";
import { nextEvent } from "../support/media.ts";
import { lacks } from "../support/needs.ts";
import { BUILDER_SHAPES } from "../support/nix-expressions.ts";
import { createNixStore, type NixStore } from "../support/nix-store.ts";

let folder: string;
let hosts: string;
let nix: NixStore;
let world: World;
let images: Images | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mayfly-nix-"));
  hosts = join(folder, "boot-media", "hosts");
  mkdirSync(hosts, { recursive: true });
  nix = createNixStore(join(folder, "nix"));
  world = createWorld();
});

afterEach(async () => {
  await images?.close();
  images = undefined;
  rmSync(folder, { recursive: true, force: true });
});

/** Links to a build of this shape; the version is in its files. */
function build(shape: string, version: string, link: string): Promise<string> {
  return nix.build(BUILDER_SHAPES, ["-A", shape, "--argstr", "version", version], link);
}

function current(image: string) {
  const generation = world.snapshot().generations.get(world.snapshot().images.get(image)?.current ?? "");
  if (generation === undefined) throw new Error(`${image}: ${world.snapshot().images.get(image)?.trouble}`);
  return generation;
}

async function readPart(file: OpenFile, from: number, to: number): Promise<string> {
  const into = new Uint8Array(to - from);
  expect(await file.read(into, from)).toBe(to - from);
  return new TextDecoder().decode(into);
}

describe.skipIf(lacks("nix-build", "nix-collect-garbage", "busybox"))("a result of a real nix", () => {
  test("in HomestakerOS' shape is published under the name of its store path", async () => {
    const path = await build("homestakeros", "v1", join(hosts, "beta"));
    images = startImages({ world, hostsFolder: hosts });
    await images.ready;
    expect(current("beta")).toMatchObject({
      id: basename(path),
      shape: "homestakeros",
      kernel: { file: "bzImage" },
      initrds: ["initrd.zst"],
      kernelParams: expect.stringMatching(/^init=.*-nixos-system-beta\/init initrd=initrd\.zst loglevel=4$/),
    });
  });

  test("in nixos-images' shape has the target of its init in the parameters", async () => {
    await build("join", "v1", join(hosts, "beta"));
    images = startImages({ world, hostsFolder: hosts });
    await images.ready;
    const init = realpathSync(join(hosts, "beta", "init"));
    expect(current("beta")).toMatchObject({
      shape: "kernel-params",
      kernel: { file: "Image" },
      kernelParams: `init=${init} loglevel=4`,
    });
  });

  test("outlives nix-collect-garbage while a machine is in the middle of its initrd, and no longer", async () => {
    const link = join(hosts, "beta");
    const first = await build("homestakeros", "v1", link);
    const initrd = realpathSync(join(first, "initrd.zst"));
    const bytes = readFileSync(initrd, "utf8");
    expect(bytes.length).toBeGreaterThan(5_000_000);
    images = startImages({ world, hostsFolder: hosts, settings: { keepMs: 300, keepUnusedMs: 300 } });
    await images.ready;
    const old = current("beta");
    images.touch(old.id);
    const file = await images.shelf.openMedia(old, "initrd.zst");
    if (file === undefined) throw new Error("the initrd is not there");
    const begun = await readPart(file, 0, 1_000_000);

    const swapped = nextEvent(world, "published");
    const second = await build("homestakeros", "v2", link);
    expect((await swapped).generation.id).toBe(basename(second));
    await nix.collectGarbage();
    expect(existsSync(first)).toBe(true);
    expect(begun + (await readPart(file, 1_000_000, file.sizeBytes))).toBe(bytes);
    // What nobody had open yet is there too: the folder keeps all that it refers to.
    const variables = await images.shelf.openMedia(old, "variables.ipxe");
    expect(variables && (await readPart(variables, 0, variables.sizeBytes))).toMatch(
      /^#!ipxe\nset kernel-params init=/,
    );
    variables?.close();

    const dropped = nextEvent(world, "dropped");
    file.close();
    expect((await dropped).generation).toBe(old.id);
    await expect
      .poll(async () => {
        await nix.collectGarbage();
        return [existsSync(first), existsSync(initrd)];
      })
      .toEqual([false, false]);
    expect(existsSync(second)).toBe(true);
    const now = await images.shelf.openMedia(current("beta"), "initrd.zst");
    expect(now && (await readPart(now, 0, 14))).toBe("v2 line 000001");
    now?.close();
  });

  test("that lacks its initrd leaves the one before, which stays for as long as it is the last good one", async () => {
    const link = join(hosts, "beta");
    const good = await build("homestakeros", "v1", link);
    images = startImages({ world, hostsFolder: hosts, settings: { keepMs: 50, keepUnusedMs: 50 } });
    await images.ready;
    const trouble = nextEvent(world, "trouble");
    await build("half", "v2", link);
    expect((await trouble).reason).toMatch(/initrd\.zst is missing; kexec-boot loads it/);
    await nix.collectGarbage();
    expect(existsSync(good)).toBe(true);
    const file = await images.shelf.openMedia(current("beta"), "initrd.zst");
    expect(file && (await readPart(file, 0, 14))).toBe("v1 line 000001");
    file?.close();
  });

  test("that is removed and collected is withdrawn, and gone from the store", async () => {
    const link = join(hosts, "beta");
    const path = await build("homestakeros", "v1", link);
    const settings = { keepMs: 50, keepUnusedMs: 50, graceMs: 50 };
    images = startImages({ world, hostsFolder: hosts, settings });
    await images.ready;
    const dropped = nextEvent(world, "dropped");
    rmSync(link);
    await dropped;
    expect(world.snapshot().images.has("beta")).toBe(false);
    await expect
      .poll(async () => {
        await nix.collectGarbage();
        return existsSync(path);
      })
      .toBe(false);
  });
});
