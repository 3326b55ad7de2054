import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  findFolder,
  findPlace,
  lastTarget,
  parseStorePath,
  storeGenerationId,
} from "../../../src/io/images/image-path.ts";

const HASH = "abcdfghijklmnpqrsvwxyz0123456789";

describe("parseStorePath", () => {
  test.each([
    [
      `/nix/store/${HASH}-kexec-tree`,
      { owner: "nix", root: `/nix/store/${HASH}-kexec-tree`, name: `${HASH}-kexec-tree`, inner: "" },
    ],
    [
      `/nix/store/${HASH}-linux/bzImage`,
      { owner: "nix", root: `/nix/store/${HASH}-linux`, name: `${HASH}-linux`, inner: "bzImage" },
    ],
    [
      `/tmp/x/store/${HASH}-a/b/c`,
      { owner: "nix", root: `/tmp/x/store/${HASH}-a`, name: `${HASH}-a`, inner: "b/c" },
    ],
    [
      "/var/lib/mayfly/mayfly-store/d-0123456789abcdef0123456789abcdef/bzImage",
      {
        owner: "mayfly",
        root: "/var/lib/mayfly/mayfly-store/d-0123456789abcdef0123456789abcdef",
        name: "d-0123456789abcdef0123456789abcdef",
        inner: "bzImage",
      },
    ],
  ])("knows %s", (path, store) => {
    expect(parseStorePath(path)).toEqual(store);
  });

  test.each([
    "/nix/store",
    "/nix/store/kexec-tree",
    `/nix/store/${HASH.replace("a", "e")}-x`,
    `/nix/store/${HASH.slice(1)}-x`,
    `/srv/images/${HASH}-x`,
    `/nix/store/${HASH}-x y`,
  ])("takes %s for no store path", (path) => {
    expect(parseStorePath(path)).toBeUndefined();
  });
});

describe("storeGenerationId", () => {
  const id = (path: string) =>
    storeGenerationId(parseStorePath(path) ?? { owner: "nix", root: "", name: "", inner: "" });

  test("is the base name of the store path", () => {
    expect(id(`/nix/store/${HASH}-kexec-tree`)).toBe(`${HASH}-kexec-tree`);
  });

  test("is one segment of a URL, and another for every folder within", () => {
    const inner = fc.array(fc.stringMatching(/^[^/\0]+$/u), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(inner, inner, (a, b) => {
        const ids = [a, b].map((parts) => id(`/nix/store/${HASH}-a?b=c/${parts.join("/")}`));
        for (const each of ids) expect(each).toMatch(/^[A-Za-z0-9+._=-]+$/);
        expect(ids[0] === ids[1]).toBe(a.join("/") === b.join("/"));
      }),
    );
  });
});

describe("findPlace", () => {
  let folder: string;
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "mayfly-path-")));
    mkdirSync(join(folder, "a", "b"), { recursive: true });
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const find = (name: string) => findPlace(join(folder, name), findFolder);
  const hops = async (name: string) => (await find(name)).hops.map((hop) => join(hop.folder, hop.name));

  test("follows relative and absolute links, in names and on the way, and names all that may be replaced", async () => {
    symlinkSync("../current/b", join(folder, "a", "image"));
    symlinkSync(join(folder, "a"), join(folder, "current"));
    expect(await find("a/image")).toMatchObject({
      real: join(folder, "a", "b"),
      target: "../current/b",
      isAbsent: false,
    });
    const names = await hops("a/image");
    for (const name of ["a", "a/image", "current", "a/b"]) expect(names).toContain(join(folder, name));
  });

  test("tells an empty place from a link to nowhere", async () => {
    symlinkSync("nowhere", join(folder, "dangling"));
    expect(await find("nothing")).toMatchObject({ isAbsent: true });
    expect(await find("no/such/folder")).toMatchObject({ isAbsent: true });
    const dangling = await find("dangling");
    expect(dangling).toMatchObject({ isAbsent: false, target: "nowhere" });
    expect(dangling.real).toBeUndefined();
    expect(await hops("dangling")).toContain(join(folder, "nowhere"));
    expect(await hops("no/such/folder")).toContain(join(folder, "no"));
  });

  test("gives up on links that lead in a circle", async () => {
    symlinkSync("two", join(folder, "one"));
    symlinkSync("one", join(folder, "two"));
    expect((await find("one")).real).toBeUndefined();
    expect(await lastTarget(join(folder, "one"))).toBeUndefined();
  });

  test("watches nothing within a store", async () => {
    const path = join(folder, "store", `${HASH}-x`, "sub");
    mkdirSync(path, { recursive: true });
    symlinkSync(path, join(folder, "image"));
    expect(await find("image")).toMatchObject({ real: path, isInStore: true });
    expect((await hops("image")).filter((hop) => hop.includes("/store/"))).toEqual([]);
  });
});
