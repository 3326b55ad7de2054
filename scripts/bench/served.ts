/** Runs the server as users do, in a network namespace of its own, for the scripts that measure it. */

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createNamespace, findIsolation, type Namespace } from "../../src/lab/namespace.ts";
import type { Program } from "../../src/lab/program.ts";

export interface Served {
  readonly namespace: Namespace;
  readonly program: Program;
  /** For whatever the script makes; removed at the end. */
  readonly scratch: string;
  /** From starting the process to its ready line. */
  readonly readyMs: number;
  /** Resident memory of the server now, in MB (10^6 bytes). */
  residentMb(): Promise<number>;
}

const READY_WITHIN_MS = 30_000;

/**
 * Starts `mayfly serve` on the loopback interface of a new namespace, and stops it when `work` is done.
 *
 * @param prepare - makes the media folder and the configuration in the scratch folder
 */
export async function withServer<Result>(
  args: readonly string[],
  prepare: (scratch: string) => Promise<void>,
  work: (served: Served) => Promise<Result>,
): Promise<Result> {
  const scratch = await mkdtemp(join(tmpdir(), "mayfly-bench-"));
  const namespace = await createNamespace("server", await findIsolation(), scratch);
  try {
    await prepare(scratch);
    const started = performance.now();
    const program = await namespace.start(
      [
        process.execPath,
        join(import.meta.dirname, "../../bin/mayfly.js"),
        "serve",
        "--media",
        join(scratch, "boot-media"),
        "--state",
        join(scratch, "state"),
        "--interface",
        "lo",
        ...args,
      ],
      { name: "mayfly", cwd: scratch },
    );
    try {
      await program.waitFor(/^mayfly is ready: .*$/m, READY_WITHIN_MS);
      const readyMs = performance.now() - started;
      const residentMb = () => residentOf(program.pid);
      return await work({ namespace, program, scratch, readyMs, residentMb });
    } finally {
      await program.stop();
    }
  } finally {
    await namespace.close();
    await rm(scratch, { recursive: true, force: true });
  }
}

/** The pid may be that of `nsenter`, which replaces itself by the program. */
async function residentOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return (Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024) / 1e6;
}
