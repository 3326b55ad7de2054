/** Builds by a program in nix's place: what is taken on, told, kept, stopped and taken up again. */

import { existsSync, mkdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Build, BuildSettings } from "../../../src/boot/build/build.ts";
import { BUILD_KIND } from "../../../src/io/builds/build-book.ts";
import { type Builds, startBuilds } from "../../../src/io/builds/builds.ts";
import { createMemoryStore, type Store } from "../../../src/io/store/store.ts";
import { createWorld, type World } from "../../../src/io/world.ts";
import { type EventLog, logEvents } from "../../support/event-log.ts";
import { createFakeNix, type FakeNix } from "../../support/fake-nix.ts";
import { tempFolder } from "../../support/temp-folder.ts";

let folder: string;
let nix: FakeNix;
let world: World;
let log: EventLog;
let store: Store;
let builds: Builds;

async function start(more: Partial<BuildSettings> = {}): Promise<Builds> {
  const settings = { nix: nix.nix, parallel: 1, args: [], timeLimitMs: 60_000, ...more };
  const target = (host: string) => {
    return { host, installable: `github:owner/repo#${host}`, outLink: join(folder, "hosts", host) };
  };
  const config = { settings, targets: ["beta", "gamma"].map(target) };
  return startBuilds({ world, store, stateFolder: join(folder, "state"), config });
}

beforeEach(async () => {
  folder = tempFolder();
  nix = createFakeNix(folder);
  nix.does("exit 1");
  world = createWorld();
  log = logEvents(world);
  store = createMemoryStore();
  builds = await start();
});

afterEach(() => builds.close());

const ended = async (host: string, nth = 1): Promise<Build> => {
  await expect.poll(() => endsOf(host).length, { timeout: 20_000, interval: 20 }).toBeGreaterThanOrEqual(nth);
  return endsOf(host)[nth - 1] as Build;
};
const endsOf = (host: string) =>
  log.of("build").flatMap(({ change, build }) => (change === "ended" && build.host === host ? [build] : []));

async function want(host: string): Promise<Build> {
  const verdict = await builds.want(host, "asked");
  if (verdict.type === "refused") throw new Error(verdict.reason);
  return verdict.build;
}

/** Whether a process that wrote its id into a file still runs. */
function runs(file: string): boolean {
  const pid = readFileSync(join(folder, file), "utf8").trim();
  // A zombie has ended.
  return existsSync(`/proc/${pid}`) && !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
}
const begun = (file: string) =>
  expect
    .poll(() => existsSync(join(folder, file)) && readFileSync(join(folder, file), "utf8"), {
      timeout: 10_000,
    })
    .toMatch(/\d\n/);

test("that nothing can be kept of builds is told once, with its cure, and so is its end", async () => {
  await builds.close();
  let isFull = true;
  store = {
    ...createMemoryStore(),
    put: async () => {
      if (isFull) throw Object.assign(new Error("the disk is full"), { cure: "make room on it" });
    },
  };
  builds = await start();
  await want("beta");
  await ended("beta");
  isFull = false;
  await want("gamma");
  await ended("gamma");
  const trouble = "what becomes of builds cannot be kept";
  expect(log.of("notice")).toMatchObject([
    { level: "warn", text: `${trouble}: the disk is full`, cure: "make room on it", trouble },
    { level: "info", text: `over: ${trouble}`, trouble, isOver: true },
  ]);
});

describe("a build", () => {
  test("links its result in the place of the image, and is kept with what it is", async () => {
    nix.does("succeed one");
    const { id } = await want("beta");
    const build = await ended("beta");
    expect(readlinkSync(join(folder, "hosts", "beta"))).toBe(nix.path("one"));
    expect(build).toMatchObject({
      ...{ id, state: "built", installable: "github:owner/repo#beta", reason: "asked" },
      path: nix.path("one"),
      generation: nix.path("one").replace(/.*\//, ""),
    });
    expect(await builds.lastBuilds("beta")).toEqual([build]);
    expect(world.snapshot().builds.size).toBe(0);
  });

  test("is handed to nix with its arguments, the link and the flake, and sees what a branch is now", async () => {
    await builds.close();
    nix.does("");
    writeFileSync(nix.nix, '#!/bin/sh\nprintf "%s\\n" "$@" >&2; exit 1\n');
    builds = await start({ args: ["--max-jobs", "2"] });
    await want("beta");
    expect((await ended("beta")).log.join(" ")).toBe(
      "--extra-experimental-features nix-command flakes build --log-format internal-json -v " +
        `--option tarball-ttl 0 --max-jobs 2 --out-link ${join(folder, "hosts", "beta")} github:owner/repo#beta`,
    );
  });

  test("that fails leaves the link as it was, and keeps the end of the log and the reason", async () => {
    nix.does("succeed one");
    await want("beta");
    await ended("beta");
    nix.does(`
say '{"action":"start","id":1,"type":105,"level":3,"text":"","fields":["/nix/store/x/d5710np18izlpjbw356y6cl9hqz2qjb2-linux.drv"]}'
i=0; while [ $i -lt 80 ]; do i=$((i+1)); say "{\\"action\\":\\"result\\",\\"id\\":1,\\"type\\":101,\\"fields\\":[\\"line $i\\"]}"; done
say '{"action":"msg","level":0,"msg":"error: builder failed"}'; exit 1`);
    await want("beta");
    const build = await ended("beta", 2);
    expect(readlinkSync(join(folder, "hosts", "beta"))).toBe(nix.path("one"));
    expect(build).toMatchObject({ state: "failed", trouble: "builder failed" });
    expect(build.log).toHaveLength(50);
    expect(build.log.slice(-2)).toEqual(["linux> line 80", "error: builder failed"]);
    expect((await builds.lastBuilds("beta")).map(({ state }) => state)).toEqual(["failed", "built"]);
    const shown = new Map([["beta", { state: "failed", trouble: "builder failed" }]]);
    expect(world.snapshot().builds).toEqual(shown);
    await builds.close();
    world.change([{ type: "builds", builds: new Map() }]);
    builds = await start();
    expect(world.snapshot().builds).toEqual(shown);
  });

  test("shows how far it is while it runs", async () => {
    nix.does(`
say '{"action":"start","id":1,"type":104,"level":0,"text":""}'
say '{"action":"result","id":1,"type":105,"fields":[2,7,1,0]}'
read _ <${join(folder, "go")}; succeed one`);
    const { spawnSync } = await import("node:child_process");
    spawnSync("mkfifo", [join(folder, "go")]);
    await want("beta");
    await expect
      .poll(() => builds.open()[0]?.progress?.builds, { timeout: 10_000 })
      .toEqual({ done: 2, expected: 7 });
    expect(world.snapshot().builds.get("beta")).toMatchObject({ state: "running" });
    writeFileSync(join(folder, "go"), "go\n");
    expect((await ended("beta")).state).toBe("built");
  });

  test("is refused before nix works for hours, where nix could not make its link", async () => {
    mkdirSync(join(folder, "hosts", "beta"), { recursive: true });
    nix.does("succeed one");
    await want("beta");
    expect(await ended("beta")).toMatchObject({
      state: "failed",
      trouble: expect.stringMatching(/hosts\/beta is a folder, and nix replaces nothing but links/),
    });
  });

  test("is refused where the link cannot be written, with what helps", async () => {
    writeFileSync(join(folder, "hosts"), "");
    await want("beta");
    expect(await ended("beta")).toMatchObject({
      trouble: expect.stringMatching(/hosts cannot be written: /),
      cure: expect.stringContaining("ReadWritePaths="),
    });
  });

  test("says that there is no nix", async () => {
    await builds.close();
    builds = await start({ nix: join(folder, "no-such-nix") });
    await want("beta");
    expect(await ended("beta")).toMatchObject({ trouble: `${join(folder, "no-such-nix")} is not there` });
  });

  test("of a host without a flake is refused with the cure", async () => {
    expect(await builds.want("delta", "asked")).toEqual({
      type: "refused",
      reason: "nothing says what the image of delta is built from",
      cure: expect.stringContaining("hosts: { delta: { flake:"),
    });
  });
});

describe("nix is ended with all that it started", () => {
  const ENDLESS = () => `echo $$ >${join(folder, "pid-")}\${installable##*#}; exec sleep 600`;

  test("when the build is called off", async () => {
    nix.does(ENDLESS());
    await want("beta");
    await want("gamma");
    await begun("pid-beta");
    expect(builds.cancel("beta")).toHaveLength(1);
    expect((await ended("beta")).state).toBe("cancelled");
    expect(runs("pid-beta")).toBe(false);
  });

  test("when it takes too long", async () => {
    await builds.close();
    builds = await start({ timeLimitMs: 300 });
    nix.does(ENDLESS());
    await want("beta");
    expect(await ended("beta")).toMatchObject({
      state: "timed-out",
      trouble: expect.stringContaining("was stopped"),
    });
    expect(runs("pid-beta")).toBe(false);
  });

  test("when the server ends, which takes the build up again when it is back, once", async () => {
    nix.does(ENDLESS());
    await want("beta");
    await want("gamma");
    await begun("pid-beta");
    await builds.close();
    expect(runs("pid-beta")).toBe(false);
    expect((await ended("gamma")).state).toBe("interrupted");

    builds = await start();
    expect(builds.open().map(({ host, reason }) => [host, reason])).toEqual([
      ["beta", "resumed"],
      ["gamma", "resumed"],
    ]);
    await builds.close();
    builds = await start();
    expect(builds.open()).toEqual([]);
  });
});

test("of many builds the last ones are kept, and what nobody can read is passed over", async () => {
  nix.does("succeed one");
  await store.put([{ kind: BUILD_KIND, key: "beta/000000000-000000", value: { what: "ever" } }]);
  for (let i = 1; i <= 23; i++) {
    await want("beta");
    await ended("beta", i);
  }
  expect((await store.load(BUILD_KIND)).size).toBe(20);
  expect(await builds.lastBuilds("beta", 100)).toHaveLength(20);
  expect((await builds.latest()).get("beta")?.state).toBe("built");
}, 30_000);
