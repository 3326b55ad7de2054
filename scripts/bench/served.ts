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
  /** Processor time of the server until then, of all its threads. */
  readonly processorMs: number;
  /** Resident memory of the server now, in MB (10^6 bytes). */
  residentMb(): Promise<number>;
}

/** A place to start servers in. */
export interface Bench {
  readonly scratch: string;
  /** Starts a server on the scratch folder's `boot-media` and stops it when `work` is done. */
  serve<Result>(
    args: readonly string[],
    work: (served: Served) => Promise<Result>,
    env?: NodeJS.ProcessEnv,
  ): Promise<Result>;
}

const READY_WITHIN_MS = 30_000;
/** Of the kernel's clock for processes, on every Linux that people run. */
const MS_PER_TICK = 10;

/** Makes a namespace with nothing but a loopback interface, and removes it when `work` is done. */
export async function withBench<Result>(work: (bench: Bench) => Promise<Result>): Promise<Result> {
  const scratch = await mkdtemp(join(tmpdir(), "mayfly-bench-"));
  const namespace = await createNamespace("server", await findIsolation(), scratch);
  try {
    return await work({
      scratch,
      serve: (args, use, env) => serve({ namespace, scratch, args, env: env ?? {} }, use),
    });
  } finally {
    await namespace.close();
    await rm(scratch, { recursive: true, force: true });
  }
}

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
  return withBench(async (bench) => {
    await prepare(bench.scratch);
    return bench.serve(args, work);
  });
}

interface Start {
  readonly namespace: Namespace;
  readonly scratch: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

async function serve<Result>(
  { namespace, scratch, args, env }: Start,
  work: (served: Served) => Promise<Result>,
): Promise<Result> {
  const bin = join(import.meta.dirname, "../../bin/mayfly.js");
  const folders = ["--media", join(scratch, "boot-media"), "--state", join(scratch, "state")];
  const started = performance.now();
  const program = await namespace.start(
    [process.execPath, bin, "serve", ...folders, "--interface", "lo", ...args],
    { name: "mayfly", cwd: scratch, env },
  );
  try {
    await program.waitFor(/^mayfly is ready: .*$/m, READY_WITHIN_MS);
    const readyMs = performance.now() - started;
    const processorMs = await processorOf(program.pid);
    const residentMb = () => residentOf(program.pid);
    return await work({ namespace, program, scratch, readyMs, processorMs, residentMb });
  } finally {
    await program.stop();
  }
}

async function processorOf(pid: number): Promise<number> {
  const line = await readFile(`/proc/${pid}/stat`, "utf8");
  // The name in parentheses may hold blanks; user and system time are the 14th and 15th field.
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
}

/** The pid may be that of `nsenter`, which replaces itself by the program. */
async function residentOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return (Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024) / 1e6;
}
