/** Runs real programs for tests: to their end within a bound, or beside the test until it is over. */

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export interface Outcome {
  readonly status: number | null;
  readonly output: string;
}

/** Runs a program to its end; after `timeoutMs` it is killed and `status` is `null`. */
export async function runProgram(
  command: readonly string[],
  timeoutMs: number,
  cwd?: string,
): Promise<Outcome> {
  const [program = "", ...args] = command;
  const child = spawn(program, args, { cwd, timeout: timeoutMs, killSignal: "SIGKILL" });
  child.stdin.end();
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  const [status] = (await once(child, "close")) as [number | null];
  return { status, output: Buffer.concat(chunks).toString() };
}

export interface LineProgram {
  readonly pid: number;
  readonly lines: readonly string[];
  /** The first line that matches, now or later. */
  waitLine(matches: (line: string) => boolean, timeoutMs: number): Promise<string>;
  /** Ends its standard input, waits for its end, and kills it if it does not come. */
  stop(): Promise<void>;
}

export function startLineProgram(command: readonly string[]): LineProgram {
  const [program = "", ...args] = command;
  const child: ChildProcessWithoutNullStreams = spawn(program, args);
  const lines: string[] = [];
  const errors: string[] = [];
  const waiting = new Set<() => void>();
  createInterface({ input: child.stdout }).on("line", (line) => {
    lines.push(line);
    for (const look of waiting) look();
  });
  child.stderr.on("data", (chunk: Buffer) => errors.push(chunk.toString()));
  const ended = once(child, "close");
  return {
    pid: child.pid ?? 0,
    lines,
    waitLine: (matches, timeoutMs) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = lines.find(matches);
          if (found === undefined) return;
          done();
          resolve(found);
        };
        const fail = (why: string) => {
          done();
          reject(new Error(`${program}: ${why}; it said ${lines.slice(-3).join(" ")} ${errors.join("")}`));
        };
        const giveUp = setTimeout(() => fail("the line did not come"), timeoutMs);
        const done = () => {
          clearTimeout(giveUp);
          waiting.delete(look);
        };
        void ended.then(() => fail("it ended"));
        waiting.add(look);
        look();
      }),
    async stop() {
      child.stdin.end();
      const giveUp = setTimeout(() => child.kill("SIGKILL"), 5000);
      await ended;
      clearTimeout(giveUp);
    },
  };
}
