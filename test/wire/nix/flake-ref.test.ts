import { describe, expect, test } from "vitest";
import {
  formatInstallable,
  parseFlakePath,
  parseFlakeSource,
  parseInstallable,
  parseRepository,
} from "../../../src/wire/nix/flake-ref.ts";

describe("a flake with its attribute", () => {
  test.each([
    "github:owner/repo#beta",
    "github:owner/repo/branch/with/slashes",
    "github:owner/repo?ref=main&dir=hosts#nixosConfigurations.beta.config.system.build.kexecTree",
    "path:../infra#beta",
    "path:/srv/infra",
    "./infra",
    "..",
    "/srv/infra?dir=x#beta",
    "git+https://git.example/owner/repo.git?ref=main#beta",
    "git+ssh://git@git.example/owner/repo",
    "https://example.net/infra.tar.gz",
    'flake:infra#"beta.example"',
  ])("%s is one", (text) => {
    const parsed = parseInstallable(text);
    expect(parsed && formatInstallable(parsed)).toBe(text);
  });

  test.each([
    "--impure",
    "beta",
    "owner/repo",
    "github:owner",
    "github:owner/repo beta",
    "github:owner/repo#a b",
    "github:owner/repo#a#b",
    "github:owner/repo#$(x)",
    "",
  ])("'%s' is none", (text) => {
    expect(parseInstallable(text)).toBeUndefined();
  });

  test("the path in it is known from all else", () => {
    expect(parseFlakePath("path:../infra?dir=x")).toEqual({
      prefix: "path:",
      path: "../infra",
      suffix: "?dir=x",
    });
    expect(parseFlakePath("./infra")).toEqual({ prefix: "", path: "./infra", suffix: "" });
    expect(parseFlakePath("github:owner/repo")).toBeUndefined();
  });
});

describe("the repository of a flake", () => {
  test.each([
    ["github:Owner/Repo", { host: "github.com", path: "owner/repo", isPinned: false }],
    [
      "github:owner/repo/release",
      { host: "github.com", path: "owner/repo", isPinned: false, ref: "release" },
    ],
    ["github:o/r?host=ghe.example", { host: "ghe.example", path: "o/r", isPinned: false }],
    [`github:o/r/${"a".repeat(40)}`, { host: "github.com", path: "o/r", isPinned: true }],
    ["gitlab:group%2Fsub/repo", { host: "gitlab.com", path: "group/sub/repo", isPinned: false }],
    [
      "git+https://git.example:8443/owner/repo.git?ref=refs/heads/main",
      { host: "git.example", path: "owner/repo", isPinned: false, ref: "main" },
    ],
    [
      "git+ssh://git@git.example/owner/repo?rev=abc",
      { host: "git.example", path: "owner/repo", isPinned: true },
    ],
  ])("%s", (flake, source) => {
    expect(parseFlakeSource(flake)).toEqual(source);
  });

  test.each([
    "path:/srv/infra",
    "./infra",
    "https://example.net/x.tar.gz",
    "flake:nixpkgs",
    "git+file:///srv/x",
  ])("%s is on no forge", (flake) => {
    expect(parseFlakeSource(flake)).toBeUndefined();
  });

  test("is the same by each of its addresses", () => {
    const same = { host: "git.example", path: "owner/repo" };
    for (const url of [
      "https://git.example/owner/repo",
      "https://git.example/owner/repo.git",
      "git@git.example:Owner/Repo.git",
      "ssh://git@git.example:2222/owner/repo.git",
      "git://git.example/owner/repo.git",
    ])
      expect(parseRepository(url)).toEqual(same);
    expect(parseRepository("owner/repo")).toBeUndefined();
  });
});
