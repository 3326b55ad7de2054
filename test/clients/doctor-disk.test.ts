/** `mayfly doctor` where folders lie on disks of their own: real ones, in a mount namespace. */

import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import type { Finding } from "../../src/boot/doctor/finding.ts";
import { MAYFLY } from "../support/mayfly-server.ts";
import { tempFolder } from "../support/temp-folder.ts";

const run = promisify(execFile);

// It takes root to mount; where tests are complete, root is there.
const lacking = process.getuid?.() !== 0 && process.env.CI === undefined;

test.skipIf(lacking)("a full disk of the store is told, and each disk once", async () => {
  const cwd = tempFolder();
  for (const folder of ["small", "media"]) mkdirSync(join(cwd, folder));
  const config = [
    "interfaces: [lo]",
    "dhcp: off",
    "media: media/boot-media",
    "state: state",
    "storeFolder: small/not/there/yet",
    "hosts: { beta: { macs: ['52:54:00:12:34:56'], flake: '.#beta' } }",
  ];
  writeFileSync(join(cwd, "mayfly.yaml"), `${config.join("\n")}\n`);
  const script =
    "mount -t tmpfs -o size=1m none small && mount -t tmpfs -o size=300m none media && " +
    '{ "$NODE" "$MAYFLY" doctor --json 2> /dev/null || true; }';
  const env = { ...process.env, NODE: process.execPath, MAYFLY };
  const { stdout } = await run("unshare", ["--mount", "sh", "-c", script], { cwd, env, timeout: 60_000 });
  const { findings }: { findings: readonly Finding[] } = JSON.parse(stdout);
  const disks = findings.filter(({ code }) => code === "disk-room");
  expect(disks.map(({ level, text }) => `${level} ${text}`)).toEqual([
    expect.stringMatching(/^\w+ the disk of .*\/state has .* left$/),
    expect.stringMatching(/^warning the disk of .*\/small\/not\/there\/yet has only 1\.0 MiB left: no copy/),
    expect.stringMatching(/^ok the disk of .*\/media\/boot-media\/hosts has 300 MiB left$/),
  ]);
});
