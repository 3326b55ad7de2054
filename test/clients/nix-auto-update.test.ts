/** The part of the NixOS module that has nodes follow their generation, read by the real nix. */

import { execFile } from "node:child_process";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lacks } from "../support/needs.ts";
import { nixEnvironment } from "../support/nix-store.ts";

const run = promisify(execFile);
const MODULE = fileURLToPath(new URL("../../nix/auto-update.nix", import.meta.url));

/** As much of nixpkgs as the module uses. */
const EVALUATE = `{ node, protected ? false }:
let
  lib = {
    mkOption = option: option;
    mkEnableOption = text: { default = false; description = text; };
    mkIf = condition: content: if condition then content else { };
    types.ints.positive = "positive";
  };
  names = [ "curl" "gnugrep" "gnused" "iproute2" "kexec-tools" ];
  pkgs = { runtimeShell = "/bin/sh"; } // builtins.listToAttrs (map (name: { inherit name; value = name; }) names);
  config = {
    mayfly.node = { enable = true; target = "multi-user.target"; autoUpdate = { enable = false; everySeconds = 300; }; } // node;
    security.protectKernelImage = protected;
    systemd.package = "systemd";
  };
  made = (import ${MODULE} { inherit lib pkgs config; }).config;
in
{
  service = made.systemd.services.mayfly-auto-update or null;
  refused = map (each: each.message) (builtins.filter (each: !each.assertion) (made.assertions or [ ]));
}`;

describe.skipIf(lacks("nix-build"))("the NixOS module for nodes that update themselves", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "mayfly-auto-update-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function evaluate(settings: string) {
    const args = ["--eval", "--read-write-mode", "--strict", "--json", "-E", `(${EVALUATE}) ${settings}`];
    const env = { ...process.env, ...nixEnvironment(folder) };
    const { stdout } = await run("nix-instantiate", args, { env });
    return JSON.parse(stdout);
  }

  test("runs the script only where that is wanted", async () => {
    expect((await evaluate("{ node = { }; }")).service).toBeNull();
    const { service, refused } = await evaluate(
      "{ node.autoUpdate = { enable = true; everySeconds = 60; }; }",
    );
    expect(refused).toEqual([]);
    expect(service).toMatchObject({
      wantedBy: ["multi-user.target"],
      unitConfig: { ConditionKernelCommandLine: "mayfly.checkin" },
      path: expect.arrayContaining(["kexec-tools", "curl", "iproute2", "systemd"]),
    });
    const [, script = ""] = /^exec \/bin\/sh (\S+) --every 60$/.exec(service.script) ?? [];
    expect((await stat(script)).isFile()).toBe(true);
  });

  test("says what is in its way where the system has kexec switched off", async () => {
    const { refused } = await evaluate(
      "{ node.autoUpdate = { enable = true; everySeconds = 60; }; protected = true; }",
    );
    expect(refused).toEqual([expect.stringContaining("security.protectKernelImage")]);
  });
});
