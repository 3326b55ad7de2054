import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { parseConfig } from "../../src/config/config-text.ts";
import { loadSettings } from "../../src/config/load.ts";
import { formatMistake } from "../../src/config/mistake.ts";
import { liveChanges } from "../../src/config/restart.ts";

async function load(text: string) {
  const folder = mkdtempSync(join(tmpdir(), "mayfly-config-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "mayfly.yaml"), text);
  const { live } = await loadSettings({ flags: {}, env: {}, cwd: folder });
  return { folder, live };
}

const flakeOf = async (name: string, flake: string) => {
  const { live, folder } = await load(`hosts: { ${name}: { flake: "${flake}" } }`);
  return live.hosts[0]?.flake?.replaceAll(folder, "/etc/mayfly").replaceAll(dirname(folder), "/etc");
};

describe("a host's flake", () => {
  test("is built at the attribute of the host's name, unless it names one", async () => {
    expect(await flakeOf("beta", "github:owner/repo")).toBe("github:owner/repo#beta");
    expect(await flakeOf("beta", "github:owner/repo#gamma")).toBe("github:owner/repo#gamma");
    expect(await flakeOf("beta.example", "github:owner/repo")).toBe('github:owner/repo#"beta.example"');
  });

  test("lies where it says from the configuration's folder on", async () => {
    expect(await flakeOf("beta", "path:../infra")).toBe("path:/etc/infra#beta");
    expect(await flakeOf("beta", "./infra?dir=x")).toBe("/etc/mayfly/infra?dir=x#beta");
    expect(await flakeOf("beta", "path:/srv/infra")).toBe("path:/srv/infra#beta");
  });
});

test("what is said about builds is believed, with defaults for the rest, and changes while the server runs", async () => {
  const { live, folder } = await load(
    'build: { nix: ./nix.sh, at: ["04:00", "16:30", "4:00"], parallel: 2, args: [--max-jobs, 2], timeLimitMinutes: 30, hookSecretFile: secret }',
  );
  expect(live.build).toEqual({
    nix: join(folder, "nix.sh"),
    schedule: { type: "at", minutes: [240, 990] },
    parallel: 2,
    args: ["--max-jobs", "2"],
    timeLimitMs: 1_800_000,
    hookSecretFile: join(folder, "secret"),
  });
  const plain = (await load("build: { every: 6h }")).live;
  expect(plain.build).toEqual({
    nix: "nix",
    schedule: { type: "every", everyMs: 21_600_000 },
    parallel: 1,
    args: [],
    timeLimitMs: 14_400_000,
  });
  expect(liveChanges(live, plain)).toEqual(["build"]);
});

describe("a mistake about builds is told with its place", () => {
  test.each([
    [
      "hosts: { beta: { flake: owner/repo } }",
      "hosts.beta.flake: read 'owner/repo', want a flake such as github:owner/repo, path:../infra or git+ssh://git@host/repo, with '#ATTRIBUTE' unless that is the host's name",
    ],
    ["build: { every: 6 }", "build.every: read '6', want a time from 5m to 4w such as 30m, 6h or 1d"],
    [
      "build: { at: '25:00' }",
      "build.at: read '25:00', want a time of day such as '04:00', or a list of them",
    ],
    [
      "build: { at: ['04:00', noon] }",
      "build.at[1]: read 'noon', want a time of day such as '04:00', or a list of them",
    ],
    ["build: { every: 6h, at: '04:00' }", "build.at: read '04:00', want one of 'every' and 'at', not both"],
    ["build: { parallel: 0 }", "build.parallel: read '0', want a whole number of builds from 1 to 64"],
    ["build: { paralel: 2 }", "build.paralel: read the key 'paralel', want 'parallel'"],
    ["biuld: { parallel: 2 }", "biuld: read the key 'biuld', want 'build'"],
    ["build: 6h", "build: read '6h', want how images are built, as in 'build: { every: 6h }'"],
  ])("%s", (text, mistake) => {
    expect(parseConfig(text, "mayfly.yaml").mistakes.map(formatMistake)).toEqual([
      `mayfly.yaml:1: ${mistake}`,
    ]);
  });
});
