/** examples/mayfly.service, held to systemd's own checker and to our command line. */

import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { loadSettings } from "../../src/config/load.ts";
import { SETTINGS } from "../../src/config/sources.ts";
import { findTool } from "../../src/io/system/packages.ts";
import { runProgram } from "../../src/lab/program.ts";
import { tempFolder } from "../support/temp-folder.ts";

const unit = readFileSync(fileURLToPath(new URL("../../examples/mayfly.service", import.meta.url)), "utf8");

/** The value of a key that the unit has once. */
function unitValue(key: string): string {
  const [found, ...more] = [...unit.matchAll(new RegExp(`^${key}=(.*)$`, "gm"))];
  if (found?.[1] === undefined || more.length > 0)
    throw new Error(`${key} is there ${more.length + 1} times`);
  return found[1];
}

test("its command line is one of ours, and serves the folder that the README says", async () => {
  const [node, program, command, ...flags] = unitValue("ExecStart").split(" ");
  expect([node, program, command]).toEqual([
    "/opt/mayfly/node_modules/.bin/node",
    "/opt/mayfly/bin/mayfly.js",
    "serve",
  ]);
  expect(flags).toEqual(["--media", "/srv/mayfly/boot-media"]);
  expect(SETTINGS.map(({ flag }) => flag)).toContain("--media");
  const settings = await loadSettings({
    flags: { media: flags[1] ?? "" },
    env: { STATE_DIRECTORY: "/var/lib/mayfly" },
    cwd: unitValue("WorkingDirectory"),
  });
  expect(settings).toMatchObject({
    configFile: "/srv/mayfly/mayfly.yaml",
    mediaFolder: "/srv/mayfly/boot-media",
    stateFolder: "/var/lib/mayfly",
  });
});

test.skipIf(findTool("systemd-analyze") === undefined)("systemd finds nothing wrong with it", async () => {
  const folder = tempFolder();
  const node = join(folder, "node");
  mkdirSync(join(folder, "units"));
  writeFileSync(node, "#!/bin/sh\n");
  chmodSync(node, 0o755);
  const file = join(folder, "units/mayfly.service");
  // The program must be there for systemd to be content, and so must the manual.
  writeFileSync(file, unit.replaceAll("/opt/mayfly/node_modules/.bin/node", node));
  expect(await runProgram(["systemd-analyze", "verify", "--man=no", file])).toBe("");
  // A misspelt key would be told here and nowhere else.
  const misspelt = join(folder, "units/misspelt.service");
  writeFileSync(
    misspelt,
    `${unit.replaceAll("/opt/mayfly/node_modules/.bin/node", node)}`.replace("Restart=", "Restrat="),
  );
  expect(await runProgram(["systemd-analyze", "verify", "--man=no", misspelt])).toContain("Restrat");
});
