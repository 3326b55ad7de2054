/** `mayfly rpi4 assemble` on a disk that is full, and on one that is read-only: real ones, in a mount namespace. */

import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { pipxe, uefiRelease, writeFiles, zipOf } from "../support/rpi4-parts.ts";
import { tempFolder } from "../support/temp-folder.ts";

const run = promisify(execFile);
const BIN = fileURLToPath(new URL("../../bin/mayfly.js", import.meta.url));

// It takes root to mount; where tests are complete, root is there.
const lacking = process.getuid?.() !== 0 && process.env.CI === undefined;

/** Runs a script in a mount namespace of its own, where `./disk` is a disk of `sizeMb`; gives what it printed. */
async function onDisk(cwd: string, sizeMb: number, script: string): Promise<string[]> {
  const inside = `mount -t tmpfs -o size=${sizeMb}m none disk && ${script}`;
  const env = { ...process.env, NO_COLOR: "1", NODE: process.execPath, MAYFLY: BIN };
  const { stdout } = await run("unshare", ["--mount", "sh", "-c", inside], { cwd, env, timeout: 60_000 });
  return stdout.trim().split("\n");
}

function workplace(): string {
  const cwd = tempFolder();
  mkdirSync(join(cwd, "disk"));
  writeFileSync(join(cwd, "uefi.zip"), zipOf(uefiRelease()));
  writeFiles(join(cwd, "pxe"), pipxe());
  return cwd;
}

const ASSEMBLE = '"$NODE" "$MAYFLY" rpi4 assemble uefi.zip pxe --media disk --state state';
const LIST = "(cd disk && find . -type f | sort | xargs sha256sum)";

test.skipIf(lacking)(
  "a full disk: the folder in use stays, nothing is left behind, and it is said",
  async () => {
    // 3 MB hold one folder of 2.1 MB, and not two.
    const lines = await onDisk(
      workplace(),
      3,
      `${ASSEMBLE} >/dev/null && echo changed >disk/rpi4/config.txt && ${LIST} >before &&
     { ${ASSEMBLE} 2>&1 >/dev/null; echo "status $?"; } && ${LIST} >after && cmp before after && echo same; ls -A disk`,
    );
    expect(lines).toEqual([
      expect.stringMatching(
        /^mayfly: the new folder could not be written: .*disk\/rpi4 stays as it is \(ENOSPC/,
      ),
      "status 1",
      "same",
      "rpi4",
      "rpi4.lock.json",
    ]);
  },
);

test.skipIf(lacking)("a disk that is read-only: the same", async () => {
  const lines = await onDisk(
    workplace(),
    8,
    `${ASSEMBLE} >/dev/null && echo changed >disk/rpi4/config.txt && mount -o remount,ro disk &&
     { ${ASSEMBLE} 2>&1 >/dev/null; echo "status $?"; } && cat disk/rpi4/config.txt && ls -A disk`,
  );
  expect(lines).toEqual([
    expect.stringMatching(/^mayfly: nothing can be written into .*disk: .*disk\/rpi4 stays as it is \(EROFS/),
    "status 1",
    "changed",
    "rpi4",
    "rpi4.lock.json",
  ]);
});
