/** What the lab promises to those who use it. */

import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { startProgram } from "../../src/lab/program.ts";
import { lacks } from "../support/needs.ts";

describe.skipIf(lacks("lan", "dnsmasq", "qemu-system-x86_64"))("the lab", () => {
  test("leaves no process, no namespace and no file when it is killed", async () => {
    const folder = await mkdtemp(join(tmpdir(), "mayfly-killed-"));
    try {
      const holder = await startProgram(
        [process.execPath, join(import.meta.dirname, "../support/hold-lan.ts")],
        { env: { TMPDIR: folder } },
      );
      const [, list = ""] = await holder.waitFor(/^pids (.*)$/m, 30_000);
      const pids = list.split(" ");
      expect(await readdir(folder)).toHaveLength(1);
      expect(await Promise.all(pids.map(isRunning))).toEqual(pids.map(() => true));

      process.kill(holder.pid, "SIGKILL");
      await vi.waitFor(async () => {
        expect(await Promise.all(pids.map(isRunning))).toEqual(pids.map(() => false));
        expect(await readdir(folder)).toEqual([]);
      }, 5_000);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

/** A process that has ended and that nobody has asked about yet runs no more. */
async function isRunning(pid: string): Promise<boolean> {
  if (!existsSync(`/proc/${pid}`)) return false;
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "State: Z");
  return !/^State:\s+Z/m.test(status);
}
