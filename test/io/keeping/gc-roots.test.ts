import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Notice } from "../../../src/boot/event.ts";
import { createGcRoots } from "../../../src/io/keeping/gc-roots.ts";
import { indirectRootOf } from "../../../src/io/keeping/nix-state.ts";
import { tempFolder } from "../../support/temp-folder.ts";

let folder: string;
let store: string;
let nix: string;
let stateFolder: string;
let told: Notice[];

beforeEach(() => {
  folder = tempFolder();
  store = join(folder, "nix", "store");
  nix = join(folder, "nix", "var", "nix");
  stateFolder = join(folder, "state");
  for (const each of [store, join(nix, "gcroots", "auto"), stateFolder]) mkdirSync(each, { recursive: true });
  told = [];
});

function start(env: Record<string, string> = {}) {
  return createGcRoots({ stateFolder, env, tell: (notice) => told.push(notice) });
}

function storePath(name: string): string {
  return join(store, `${"a".repeat(32)}-${name}`);
}

const ours = () => readdirSync(join(stateFolder, "gcroots")).sort();
const nixLinks = () => readdirSync(join(nix, "gcroots", "auto")).sort();

describe("a root of nix's collector", () => {
  test("is a link in the state folder that nix's own folder leads to", async () => {
    const path = storePath("beta");
    await start({ NIX_STORE_DIR: store, NIX_STATE_DIR: nix }).hold([path]);
    const [link = ""] = ours()
      .map((name) => join(stateFolder, "gcroots", name))
      .filter((each) => readlinkSync(each) === path);
    expect(readlinkSync(indirectRootOf(nix, link))).toBe(link);
    expect(told).toEqual([]);
  });

  test("of a store below another root has the name that nix has for the path, too", async () => {
    await start().hold([storePath("beta")]);
    const targets = ours().map((name) => readlinkSync(join(stateFolder, "gcroots", name)));
    expect(new Set(targets)).toEqual(new Set([storePath("beta"), `/nix/store/${"a".repeat(32)}-beta`]));
  });

  test("goes when the last who holds it lets go, and nothing of it stays", async () => {
    const roots = start();
    const [first, second] = [await roots.hold([storePath("beta")]), await roots.hold([storePath("beta")])];
    first.release();
    first.release();
    await roots.hold([storePath("other")]).then((other) => other.release());
    expect(ours()).not.toEqual([]);
    second.release();
    await expect.poll(() => [...ours(), ...nixLinks()]).toEqual([]);
  });

  test("that is taken again while it is let go of stays", async () => {
    const roots = start();
    const first = await roots.hold([storePath("beta")]);
    const before = ours();
    first.release();
    await roots.hold([storePath("beta")]);
    expect(ours()).toEqual(before);
    expect(nixLinks()).toHaveLength(before.length);
  });

  test("outlasts the server, and the next one removes it where it is not needed", async () => {
    const killed = start();
    await killed.hold([storePath("needed"), storePath("stale")]);
    const next = start();
    await next.hold([storePath("needed")]);
    next.settle();
    expect(ours().every((name) => name.includes("-needed."))).toBe(true);
    expect(ours()).toHaveLength(2);
    const stopped = await next.hold([storePath("needed")]);
    next.close();
    stopped.release();
    await next.hold([]);
    expect(ours()).toHaveLength(2);
  });

  test("leaves alone whatever else lies beside it", async () => {
    const roots = join(stateFolder, "gcroots");
    mkdirSync(roots);
    symlinkSync(storePath("foreign"), join(roots, "foreign"));
    writeFileSync(join(roots, `${"a".repeat(32)}-file.12345678`), "");
    symlinkSync(storePath("foreign"), join(nix, "gcroots", "auto", "foreign"));
    start().settle();
    expect(ours()).toHaveLength(2);
    expect(nixLinks()).toEqual(["foreign"]);
  });

  test("takes the place of a link that leads elsewhere, and not of a folder", async () => {
    const path = storePath("beta");
    const env = { NIX_STORE_DIR: store, NIX_STATE_DIR: nix };
    await start(env).hold([path]);
    const [name = ""] = ours().filter((each) => readlinkSync(join(stateFolder, "gcroots", each)) === path);
    const link = join(stateFolder, "gcroots", name);
    rmSync(indirectRootOf(nix, link));
    symlinkSync("/elsewhere", indirectRootOf(nix, link));
    await start(env).hold([path]);
    expect(readlinkSync(indirectRootOf(nix, link))).toBe(link);
    rmSync(link);
    mkdirSync(link);
    await start({ ...env, PATH: "" }).hold([path]);
    expect(lstatSync(link).isDirectory()).toBe(true);
    expect(told.map(({ text }) => text)).toEqual([expect.stringMatching(/nix cannot be told to keep/)]);
  });

  test.each(["again", "hold"] as const)(
    "that nix refused is made by a later %s, and goes with who holds it",
    async (how) => {
      const path = storePath("beta");
      mkdirSync(path);
      const auto = join(nix, "gcroots", "auto");
      rmSync(join(nix, "gcroots"), { recursive: true });
      writeFileSync(join(nix, "gcroots"), "");
      const roots = start({ NIX_STORE_DIR: store, NIX_STATE_DIR: nix, PATH: "" });
      const held = await roots.hold([path]);
      await roots.again();
      expect(told).toHaveLength(1);
      rmSync(join(nix, "gcroots"));
      mkdirSync(auto, { recursive: true });
      const other = how === "again" ? await roots.again() : await roots.hold([path]);
      expect(nixLinks().length).toBeGreaterThan(0);
      other?.release();
      expect(ours()).not.toEqual([]);
      held.release();
      await expect.poll(() => [...ours(), ...nixLinks()]).toEqual([]);
    },
  );

  test("that cannot be made is told once for a store, with the cure", async () => {
    rmSync(join(folder, "nix", "var"), { recursive: true });
    const roots = start();
    await roots.hold([storePath("beta"), storePath("gamma")]);
    await roots.hold([storePath("delta")]);
    expect(told).toEqual([
      {
        level: "warn",
        text: expect.stringContaining(`what ${store} has for machines: nix's state folder is not beside it`),
        cure: expect.stringContaining("NIX_STATE_DIR"),
      },
    ]);
    expect(existsSync(join(stateFolder, "gcroots"))).toBe(false);
  });
});

describe("a collector at work", () => {
  let collector: Server;
  afterEach(() => void collector?.close());

  test("is told of a new root, and waited for until it has answered", async () => {
    const heard: string[] = [];
    mkdirSync(join(nix, "gc-socket"));
    let answer = () => {};
    const asked = new Promise<void>((done) => {
      collector = createServer((socket) => {
        socket.on("data", (chunk) => {
          heard.push(String(chunk));
          answer = () => socket.write("1");
          done();
        });
      }).listen(join(nix, "gc-socket", "socket"));
    });
    let isHeld = false;
    const env = { NIX_STORE_DIR: store, NIX_STATE_DIR: nix };
    const roots = start(env);
    const held = roots.hold([storePath("beta")]).then(() => {
      isHeld = true;
    });
    await asked;
    expect(isHeld).toBe(false);
    expect(heard.join("")).toContain(`${storePath("beta")}\n`);
    for (const _line of heard.join("").trim().split("\n")) answer();
    await held;
    // One that it must have seen is not told again.
    await start(env).hold([storePath("beta")]);
    expect(heard).toHaveLength(1);
  });
});
