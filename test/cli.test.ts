import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { tempFolder } from "./support/temp-folder.ts";

const BIN = fileURLToPath(new URL("../bin/mayfly.js", import.meta.url));

function mayfly(args: readonly string[], cwd = tempFolder()) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], {
    cwd,
    encoding: "utf8",
    timeout: 30_000,
    env: { ...process.env, NO_COLOR: "1" },
  });
  return { status, stdout, stderr };
}

test("--help tells the commands, examples and exit codes", () => {
  const { status, stdout } = mayfly(["--help"]);
  expect(status).toBe(0);
  for (const part of ["serve [options] [IMAGE]", "check [options]", "mayfly serve ./result", "Exit codes:"]) {
    expect(stdout).toContain(part);
  }
});

test("--version tells the version of package.json", () => {
  expect(mayfly(["--version"])).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
  });
});

describe("what is typed wrong ends with 2 and a suggestion", () => {
  test.each([
    [["srve"], "unknown command 'srve'\n(Did you mean serve?)"],
    [["serve", "--htp-port", "1"], "unknown option '--htp-port'\n(Did you mean --http-port?)"],
    [["serve", "a", "b"], "too many arguments for 'serve'"],
    [["serve", "--http-port"], "option '--http-port <port>' argument missing"],
    [["serve", "--dhcp", "watch"], "--dhcp: read 'watch', want proxy, authoritative, observe or off"],
    [["serve", "./nope"], "IMAGE: read './nope', want"],
    [["check", "--config", "nope.yaml"], "nope.yaml: named by --config: read no file, want"],
  ])("mayfly %j", (args, message) => {
    const { status, stderr, stdout } = mayfly(args);
    expect(stderr).toContain(message);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  });
});

describe("mayfly check", () => {
  test("says every mistake at once and ends with 2", () => {
    const cwd = tempFolder();
    writeFileSync(join(cwd, "mayfly.yaml"), "htpPort: 1\nhosts: {beta: {macs: [zz]}}\n");
    const { status, stderr } = mayfly(["check"], cwd);
    expect(status).toBe(2);
    expect(stderr).toBe(
      [
        "mayfly: 2 mistakes:",
        "  mayfly.yaml:1: htpPort: read the key 'htpPort', want 'httpPort'",
        "  mayfly.yaml:2: hosts.beta.macs[0]: read 'zz', want a MAC address of one machine such as 52:54:00:12:34:56",
        "",
      ].join("\n"),
    );
  });

  test("says what is odd without being wrong, and ends with 0", () => {
    const cwd = tempFolder();
    mkdirSync(join(cwd, "boot-media", "hosts", "gamma"), { recursive: true });
    writeFileSync(join(cwd, "mayfly.yaml"), "hosts: {beta: {image: nowhere}}\n");
    const { status, stdout } = mayfly(["check"], cwd);
    expect(status).toBe(0);
    expect(stdout.split("\n").slice(0, 4)).toEqual([
      "mayfly.yaml: no mistakes",
      "1 host, unknown machines are left alone",
      `the image of beta, ${join(cwd, "nowhere")}: nothing is there`,
      expect.stringMatching(/^hosts\/gamma belongs to no machine yet; give it one in mayfly\.yaml/),
    ]);
  });

  test("is content without a configuration", () => {
    const { status, stdout } = mayfly(["check"]);
    expect(status).toBe(0);
    expect(stdout).toContain(
      "mayfly.yaml is not there: the defaults count\n0 hosts, unknown machines are left alone\n",
    );
  });
});
