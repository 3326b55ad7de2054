/** The store on disks that are full, that fail, or that may not be written. */

import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { runProgram, startProgram } from "../../src/lab/program.ts";
import { lacks } from "../support/needs.ts";
import { tempFolder } from "../support/temp-folder.ts";

const PROGRAM = fileURLToPath(new URL("../support/store-program.ts", import.meta.url));
const WITHIN_MS = 30_000;

/** Every key that was acknowledged, in order. */
function kept(text: string): number[] {
  return [...text.matchAll(/^kept (\d+)$/gm)].map(([, key]) => Number(key));
}

test.skipIf(lacks("lan"))(
  "a full disk refuses what it cannot hold, loses nothing, and goes on once there is room",
  async () => {
    const folder = tempFolder();
    const script = [
      `mount -t tmpfs -o size=400k none ${folder}`,
      `${process.execPath} ${PROGRAM} ${folder} fill`,
      `${process.execPath} ${PROGRAM} ${folder} list`,
    ].join("\n");
    const isRoot = process.getuid?.() === 0;
    const unshare: [string, ...string[]] = isRoot
      ? ["unshare", "--mount"]
      : ["unshare", "--user", "--map-root-user", "--mount"];
    const program = await startProgram([...unshare, "sh", "-c", script]);
    await program.waitFor(/^holds .*$/m, WITHIN_MS);
    const text = program.text();
    const refused = [...text.matchAll(/^refused (\d+): full: (.*)$/gm)];
    expect(refused.length).toBeGreaterThanOrEqual(2);
    expect(refused[0]?.[2]).toContain(join(folder, "mayfly.sqlite"));
    expect(refused[0]?.[2]).toContain("df -h");
    const acknowledged = kept(text);
    expect(acknowledged.length).toBeGreaterThan(10);
    expect(acknowledged.at(-1)).toBeGreaterThan(Number(refused.at(-1)?.[1]));
    expect(text).toContain(`holds ${acknowledged}\n`);
  },
);

describe.skipIf(lacks("strace"))("under strace", () => {
  const strace = (inject: string): [string, ...string[]] => [
    "strace",
    ...["-f", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync", "-e", `inject=fdatasync:${inject}`],
  ];

  test("a flush that fails is not acknowledged, and what is acknowledged after it is there", async () => {
    const folder = tempFolder();
    // strace counts calls by thread.
    const program = await startProgram(
      [...strace("error=EIO:when=2"), process.execPath, PROGRAM, folder, "four"],
      { env: { UV_THREADPOOL_SIZE: "1" } },
    );
    await program.waitFor(/^kept 3$/m, WITHIN_MS);
    await program.ended;
    expect(program.text()).toMatch(/^refused 1: failed: .*mayfly\.sqlite.*EIO/m);
    expect(kept(program.text())).toEqual([0, 2, 3]);
    const after = await runProgram([process.execPath, PROGRAM, folder, "list"]);
    expect(after).toMatch(/^holds 0,(1,)?2,3$/m);
  });
});

test.skipIf(process.getuid?.() !== 0)("a folder of another user's is named, with a cure", async () => {
  const folder = join(tempFolder(), "state");
  mkdirSync(folder);
  chmodSync(join(folder, ".."), 0o755);
  const program = await startProgram([
    ...(["setpriv", "--reuid", "65534", "--clear-groups", "--bounding-set=-all"] as const),
    ...[process.execPath, PROGRAM, folder, "list"],
  ]);
  await program.ended;
  expect(program.text()).toContain(`${join(folder, "mayfly.sqlite")} cannot be written: EACCES`);
});
