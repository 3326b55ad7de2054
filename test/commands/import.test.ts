/** `mayfly import` and `mayfly store` as they are typed. */

import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { startHistory } from "../../src/io/history/history.ts";
import { openStore } from "../../src/io/store/sqlite-store.ts";
import { createWorld } from "../../src/io/world.ts";
import { commandsOf } from "../support/documents.ts";
import { kexecBoot } from "../support/image-folders.ts";
import { MAYFLY } from "../support/mayfly-server.ts";
import { createRandom } from "../support/random.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { GENERATION } from "../support/worlds.ts";

let cwd: string;

beforeEach(() => {
  cwd = tempFolder();
  mkdirSync(join(cwd, "image"));
  writeFileSync(join(cwd, "image/bzImage"), "kernel");
  writeFileSync(join(cwd, "image/initrd.zst"), "initrd ".repeat(1_000_000));
  writeFileSync(join(cwd, "image/kexec-boot"), kexecBoot("initrd.zst", "quiet"));
});

function mayfly(...args: string[]) {
  return spawnSync(process.execPath, [MAYFLY, ...args], {
    cwd,
    encoding: "utf8",
    // With its cache of compiled sources; without what else may be set here.
    env: { PATH: process.env.PATH, HOME: process.env.HOME },
  });
}

function pack(name: string, ...flags: string[]): void {
  expect(spawnSync("tar", [...flags, "-cf", name, "image"], { cwd }).status).toBe(0);
}

const store = () => join(cwd, ".mayfly/mayfly-store");
const copies = () => readdirSync(store()).filter((name) => name.startsWith("d-"));

describe("mayfly import", () => {
  test("makes an archive what a host boots from then on", () => {
    pack("image.tar.zst", "--zstd");
    const { status, stdout, stderr } = mayfly("import", "image.tar.zst", "beta");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const [id = ""] = copies();
    const link = join(cwd, "boot-media/hosts/beta");
    expect(stdout).toBe(
      `${id} is in the store: ${join(store(), id)}\n${link} leads to it: it is what beta boots from now on.\n`,
    );
    expect(readFileSync(join(link, "bzImage"), "utf8")).toBe("kernel");
    expect(mayfly("import", "image", "gamma").stdout).toContain(`${id} was there already, and is whole.`);
    expect(readlinkSync(join(cwd, "boot-media/hosts/gamma"))).toBe(join(store(), id));
  });

  test("says where the configuration wants the host's image to be elsewhere", () => {
    writeFileSync(join(cwd, "mayfly.yaml"), "hosts: { beta: { image: other } }\n");
    expect(mayfly("import", "image", "beta").stdout).toMatch(
      /says that the image of beta is .*other: take that 'image:' out/,
    );
  });

  test("tells programs what it did", () => {
    const told = JSON.parse(mayfly("import", "image", "--json").stdout);
    expect(told).toEqual({
      id: copies()[0],
      path: join(store(), copies()[0] ?? ""),
      shape: "kexec-tree",
      wasThere: false,
    });
  });

  test.each([
    [["import"], "missing required argument 'SOURCE'"],
    [["import", "nowhere", "beta"], "nowhere: nothing is there"],
    [["import", "ssh://-oProxyCommand=x/a", "beta"], "'-oProxyCommand=x' is not the name"],
    [["import", "image", "be/ta"], "'be/ta': want a host's name"],
    [["import", "image", "--sha256", "abc"], "want 64 hexadecimal digits."],
    [["import", "image", "--sha256", "0".repeat(64)], "a folder has no SHA-256"],
  ])("%j is the operator's to mend", (args, message) => {
    const { status, stderr } = mayfly(...args);
    expect(stderr).toContain(message);
    expect(status).toBe(2);
    expect(existsSync(join(cwd, "boot-media/hosts/beta"))).toBe(false);
  });

  test("that is killed at any moment leaves a whole copy or none, and the next one succeeds", async () => {
    const random = createRandom(8);
    pack("image.tar");
    for (let round = 0; round < 4; round++) {
      const child = spawn(process.execPath, [MAYFLY, "import", "image.tar", "beta"], {
        cwd,
        stdio: ["ignore", "pipe", "pipe"],
      });
      const ended = new Promise((done) => child.once("close", done));
      // From before it has loaded to after it is done: there is nothing to wait for that all moments have.
      setTimeout(() => child.kill("SIGKILL"), 100 + random(400));
      await ended;
      for (const id of existsSync(store()) ? copies() : [])
        expect(existsSync(join(store(), id, ".mayfly.json"))).toBe(true);
      const { status, stdout } = mayfly("store", "verify");
      expect({ status, damaged: stdout.includes("damaged") }).toEqual({ status: 0, damaged: false });
    }
    expect(mayfly("import", "image.tar", "beta").status).toBe(0);
    expect(mayfly("store", "verify").stdout).toMatch(/^d-[0-9a-f]{32} +7\.0 MB .* whole$/m);
  }, 60_000);
});

describe("an import into a store that is full", () => {
  const HOUR = 3_600_000;
  const there = (id: string) => existsSync(join(store(), id));

  /** Copies of 100 kB each, the first one the oldest, for four of which there is room. */
  function fill(names: readonly string[]): string[] {
    return names.map((name, index) => {
      const id = take(name).id;
      const manifest = join(store(), id, ".mayfly.json");
      const madeMs = Date.now() - HOUR * (names.length - index);
      chmodSync(manifest, 0o644);
      writeFileSync(manifest, JSON.stringify({ ...JSON.parse(readFileSync(manifest, "utf8")), madeMs }));
      return id;
    });
  }
  function write(name: string): void {
    writeFileSync(join(cwd, "image/bzImage"), `kernel ${name}`);
    writeFileSync(join(cwd, "image/initrd.zst"), name.repeat(100_000).slice(0, 100_000));
  }
  function take(name: string): { readonly id: string } {
    write(name);
    const { stdout, stderr } = mayfly("import", "image", "--json");
    expect(stderr).toBe("");
    return JSON.parse(stdout);
  }

  beforeEach(() => writeFileSync(join(cwd, "mayfly.yaml"), "storeMaxGigabytes: 0.00045\n"));

  test("removes none that is pinned, current or configured, and the oldest that nobody needs", async () => {
    const [pinned = "", current = "", configured = "", unneeded = ""] = fill(["p", "c", "i", "u"]);
    writeFileSync(
      join(cwd, "mayfly.yaml"),
      `storeMaxGigabytes: 0.00045\nhosts: { gamma: { macs: ["52:54:00:00:00:0c"] }, delta: { image: latest } }\n`,
    );
    symlinkSync(join(store(), configured), join(cwd, "latest"));
    const state = await openStore(join(cwd, ".mayfly"));
    onTestFinished(() => state.close());
    const lists = { proven: [], bad: [], usualFaults: [] };
    const value = { ...lists, settled: [], pin: pinned, checksIn: false };
    await state.put([{ kind: "rollout-track", key: "beta", value }]);
    const world = createWorld();
    const history = startHistory({ world, store: state });
    world.record({ type: "published", image: "gamma", generation: { ...GENERATION, id: current } });
    await history.close();
    const { id } = take("new");
    expect([pinned, current, configured, unneeded, id].map(there)).toEqual([true, true, true, false, true]);
    write("another");
    expect(mayfly("import", "image").stderr).toContain("are needed for others");
    expect(copies()).toHaveLength(4);
  }, 30_000);

  test("removes nothing where the state cannot be read, and says what to do", () => {
    const before = fill(["a", "b", "c", "d"]);
    writeFileSync(join(cwd, ".mayfly/mayfly.sqlite"), "no database".repeat(1000));
    write("new");
    const { status, stderr } = mayfly("import", "image");
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/mayfly\.sqlite is (damaged|not Mayfly's).*; /);
    expect(copies().sort()).toEqual(before.sort());
  }, 30_000);
});

describe("mayfly store", () => {
  test("lists what is there, and says what is damaged", () => {
    expect(mayfly("store").stdout).toBe(`There is nothing in ${store()}.\n`);
    mayfly("import", "image");
    const [id = ""] = copies();
    expect(mayfly("store").stdout).toMatch(
      new RegExp(`^GENERATION +SIZE +MADE +FROM\n${id} +7\\.0 MB .*${join(cwd, "image")}\n$`),
    );
    chmodSync(join(store(), id, "bzImage"), 0o644);
    writeFileSync(join(store(), id, "bzImage"), "KERNEL");
    expect(mayfly("store").status).toBe(0);
    const { status, stdout, stderr } = mayfly("store", "verify", "--remove");
    expect(status).toBe(1);
    expect(stdout).toContain(`${id}: bzImage is not what it was: its SHA-256 differs`);
    expect(stderr).toContain("one copy is damaged; removed: import it again");
    expect(copies()).toEqual([]);
    expect(mayfly("store", "verify").status).toBe(0);
  });
});

test("the commands of docs/keeping.md are there, with these arguments", () => {
  const typed = commandsOf(readFileSync(new URL("../../docs/keeping.md", import.meta.url), "utf8"));
  const ours = typed.filter((command) => command.startsWith("mayfly "));
  expect(ours.length).toBeGreaterThanOrEqual(5);
  for (const command of ours) {
    const [, ...args] = command.split(/\s+#/)[0]?.trim().split(/\s+/) ?? [];
    const sources = args.map((each) => (/^(image|\/mnt|https|ssh:)/.test(each) ? "nowhere" : each));
    const { status, stderr } = mayfly(...sources);
    // Nothing of it is a slip of the document's own.
    expect(`${status} ${stderr}`).toMatch(/^(0 $|2 mayfly: nowhere: nothing is there)/);
  }
});
