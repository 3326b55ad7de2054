/** Runs an external program to its end: its output as text, its failure as an error that shows what was run. */

import { spawn } from "node:child_process";

export interface ToolOptions {
  readonly cwd?: string;
  /** Added to this process's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Gets each line that the program writes, to show progress. */
  readonly onLine?: (line: string) => void;
  readonly timeoutMs?: number;
  /** Ends the program when it has written more than this to both its outputs together. */
  readonly maxOutputBytes?: number;
  /** Ends the program. */
  readonly signal?: AbortSignal;
}

/** The program could not be started, or ended with another status than 0. */
export class ToolError extends Error {
  override readonly name = "ToolError";
  readonly output: string;

  constructor(message: string, output: string, cause?: unknown) {
    super(message, { cause });
    this.output = output;
  }
}

const TAIL_LINES = 15;

/**
 * Runs `command` with nothing on its standard input.
 *
 * @returns what it wrote to its standard output
 * @throws {@link ToolError} with the last lines of its output
 */
export async function runTool(
  command: string,
  args: readonly string[],
  options: ToolOptions = {},
): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const child = spawn(command, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, LC_ALL: "C.UTF-8", ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  let stdout = "";
  let all = "";
  const take = (text: string) => {
    all += text;
    if (all.length > (options.maxOutputBytes ?? Number.POSITIVE_INFINITY)) child.kill();
    if (options.onLine !== undefined)
      for (const line of text.split("\n")) if (line !== "") options.onLine(line);
  };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    take(text);
  });
  child.stderr.setEncoding("utf8").on("data", take);
  const shown = [command, ...args].join(" ");
  child.once("error", (error) =>
    reject(new ToolError(`cannot run '${shown}': ${error.message}`, all, error)),
  );
  child.once("close", (code, signal) => {
    if (code === 0) resolve(stdout);
    else reject(new ToolError(`'${shown}' ended with ${signal ?? code}:\n${tail(all)}`, all));
  });
  return promise;
}

function tail(text: string): string {
  return text.trimEnd().split("\n").slice(-TAIL_LINES).join("\n");
}
