/** `mayfly import` on a disk that is full, and on one that is read-only: real ones, in a mount namespace. */

import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { kexecBoot } from "../support/image-folders.ts";
import { MAYFLY } from "../support/mayfly-server.ts";
import { tempFolder } from "../support/temp-folder.ts";

const run = promisify(execFile);

// It takes root to mount; where tests are complete, root is there.
const lacking = process.getuid?.() !== 0 && process.env.CI === undefined;

/** Two images of three megabytes, and a script to run where `./disk` is a disk of `sizeMb`. */
async function onDisk(sizeMb: number, script: string): Promise<string[]> {
  const cwd = tempFolder();
  mkdirSync(join(cwd, "disk"));
  for (const name of ["a", "b"]) {
    mkdirSync(join(cwd, name));
    writeFileSync(join(cwd, name, "bzImage"), "kernel");
    writeFileSync(join(cwd, name, "initrd.zst"), name.repeat(3_000_000));
    writeFileSync(join(cwd, name, "kexec-boot"), kexecBoot("initrd.zst", "quiet"));
  }
  const env = { ...process.env, NODE: process.execPath, MAYFLY };
  const inside = `mount -t tmpfs -o size=${sizeMb}m none disk && ${script}`;
  const { stdout } = await run("unshare", ["--mount", "sh", "-c", inside], { cwd, env, timeout: 60_000 });
  return stdout.trim().split("\n");
}

const IMPORT = '"$NODE" "$MAYFLY" import --state disk/state';
const LIST = "(cd disk && find . -type f | sort | xargs sha256sum)";

test.skipIf(lacking)("a full disk: what is there stays, nothing is left behind, and it is said", async () => {
  // A disk that others need, too: 256 MB of it are left alone.
  const lines = await onDisk(
    261,
    `${IMPORT} a >/dev/null && ${LIST} >before &&
     { ${IMPORT} b beta 2>&1 >/dev/null; echo "status $?"; } && ${LIST} >after && cmp before after && echo same;
     ls -A disk/state/mayfly-store | grep -v '^d-'; ls boot-media 2>&1; true`,
  );
  expect(lines).toEqual([
    expect.stringMatching(
      /^mayfly: it has 0\.003 GB, for which the disk of .*mayfly-store has no room; make room there/,
    ),
    "status 1",
    "same",
    ".files",
    expect.stringMatching(/cannot access/),
  ]);
});

test.skipIf(lacking)("a disk that is read-only: the same", async () => {
  const lines = await onDisk(
    300,
    `${IMPORT} a >/dev/null && mount -o remount,ro disk &&
     { ${IMPORT} b beta 2>&1 >/dev/null; echo "status $?"; }`,
  );
  expect(lines).toEqual([
    expect.stringMatching(/^mayfly: .*\(EROFS\).*; name a folder that can be written with 'storeFolder'/),
    "status 1",
  ]);
});
