/** The NixOS module for nodes, read by the real nix: the little of nixpkgs that it needs is written out here. */

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
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** As much of nixpkgs' lib as the module uses; options become what a user set, or their default. */
const EVALUATE = `{ settings }:
let
  lib = rec {
    mkOption = option: option;
    mkEnableOption = text: { default = false; description = "Whether to enable \${text}."; };
    mkIf = condition: content: if condition then content else { };
    concatMap = builtins.concatMap;
    escapeShellArgs = args: builtins.concatStringsSep " " (map escapeShellArg args);
    escapeShellArg = arg: "'" + builtins.replaceStrings [ "'" ] [ "'\\\\''" ] arg + "'";
    types = { str = "str"; path = "path"; listOf = type: type; ints.unsigned = "unsigned"; };
  };
  pkgs = { curl = "/curl"; runtimeShell = "/bin/sh"; };
  module = import ((import ${join(ROOT, "flake.nix")}).outputs { }).nixosModules.node;
  options = (module { inherit lib pkgs; config = { }; }).options.mayfly.node;
  valueOf = name: option: (option.apply or (value: value)) (settings.\${name} or option.default);
  made = module { inherit lib pkgs; config.mayfly.node = builtins.mapAttrs valueOf options; };
in
{
  described = builtins.all (option: option ? description) (builtins.attrValues options);
  options = builtins.attrNames options;
  service = made.config.systemd.services.mayfly-check-in or null;
}`;

interface Evaluated {
  readonly described: boolean;
  readonly options: readonly string[];
  readonly service?: Readonly<Record<string, unknown>> & { readonly script: string };
}

describe.skipIf(lacks("nix-build"))("the NixOS module for nodes", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "mayfly-module-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function evaluate(settings: string): Promise<Evaluated> {
    const call = `(${EVALUATE}) { settings = ${settings}; }`;
    const { stdout } = await run(
      "nix-instantiate",
      ["--eval", "--read-write-mode", "--strict", "--json", "-E", call],
      {
        env: { ...process.env, ...nixEnvironment(folder) },
      },
    );
    return JSON.parse(stdout);
  }

  test("does nothing until it is enabled, and describes every option", async () => {
    const { service, described, options } = await evaluate("{ }");
    expect(service ?? undefined).toBeUndefined();
    expect(described).toBe(true);
    expect(options).toEqual(expect.arrayContaining(["enable", "services", "mounts", "files", "target"]));
  });

  test("runs the script once, after the target and the services, where the kernel was told where to report", async () => {
    const { service } = await evaluate(
      `{ enable = true; services = [ "besu.service" ]; mounts = [ /var/mnt/ssd ]; files = [ "/run/a key's" ]; }`,
    );
    expect(service).toMatchObject({
      wantedBy: ["multi-user.target"],
      after: ["multi-user.target", "network-online.target", "besu.service"],
      unitConfig: { ConditionKernelCommandLine: "mayfly.checkin" },
      serviceConfig: { Type: "oneshot", RemainAfterExit: true },
      restartIfChanged: false,
      path: ["/curl"],
    });
    const [, script = "", said = ""] = /^exec \/bin\/sh (\S+) (.*)$/.exec(service?.script ?? "") ?? [];
    expect((await stat(script)).isFile()).toBe(true);
    // As a shell would split it; a secret's place stays a place, and is not copied.
    const { stdout } = await run("sh", ["-c", `printf '%s\\n' ${said}`]);
    expect(stdout.trim().split("\n")).toEqual([
      ...["--wait", "300", "--service", "besu.service", "--mount", "/var/mnt/ssd", "--file", "/run/a key's"],
    ]);
  });

  test("waits for another target where the operator names one", async () => {
    const { service } = await evaluate(`{ enable = true; target = "graphical.target"; waitSeconds = 5; }`);
    expect(service?.wantedBy).toEqual(["graphical.target"]);
    expect(service?.script).toMatch(/check-in\.sh '--wait' '5'$/);
  });
});
