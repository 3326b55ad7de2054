/** A program that the lab runs: its output as text that can be waited for, its end, and a way to end it. */

import { type ChildProcess, spawn } from "node:child_process";
import { delimiter } from "node:path";
import { StringDecoder } from "node:string_decoder";
import { createTerminalText } from "./terminal-text.ts";

/** Something in the lab did not go as it should; the message says what, and ends with the last output. */
export class LabError extends Error {
  override readonly name = "LabError";
}

export interface ProgramEnd {
  readonly code: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
}

export interface Program {
  readonly name: string;
  readonly pid: number;
  /** Everything written so far to standard output and error, as a terminal would show it. */
  text(): string;
  /** Calls `listener` with each complete line from now on, without its line end; returns the way to stop that. */
  onLine(listener: (line: string) => void): () => void;
  /**
   * Waits until the output matches, from its beginning on.
   *
   * @param boundMs - how long at most
   * @throws {@link LabError} when it has not by then, or the program ended without
   */
  waitFor(pattern: RegExp, boundMs: number): Promise<RegExpMatchArray>;
  readonly ended: Promise<ProgramEnd>;
  /** Asks it to end, then makes it. */
  stop(): Promise<ProgramEnd>;
}

export interface ProgramOptions {
  /** For messages; the command's name unless given. */
  readonly name?: string;
  /** Beside our own environment. */
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

const KILL_AFTER_MS = 3_000;
const LAST_LINES = 12;

/** Starts a program with no standard input; resolves when it runs. */
export async function startProgram(
  argv: readonly [string, ...string[]],
  options: ProgramOptions = {},
): Promise<Program> {
  const [command, ...args] = argv;
  const child = spawn(command, args, {
    stdio: ["ignore", "pipe", "pipe"],
    // A process group of its own: Ctrl-C is ours to act on, and must not tear the lab apart under us.
    detached: true,
    env: { ...process.env, PATH: searchPath(process.env.PATH), ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (cause) =>
      reject(new LabError(`cannot start ${command}: ${cause.message}`, { cause })),
    );
  });
  return watchProgram(child, options.name ?? command);
}

/** The tools for networks lie where an ordinary user's shell does not look. */
function searchPath(path: string | undefined): string {
  return [...(path === undefined ? [] : [path]), "/usr/sbin", "/sbin"].join(delimiter);
}

/** Makes a {@link Program} of a child that was just started; whatever it has of output pipes is read. */
export function watchProgram(child: ChildProcess, name: string): Program {
  const output = collectOutput(child);
  const ended = new Promise<ProgramEnd>((resolve) => {
    child.once("close", (code, signal) => resolve({ code: code ?? undefined, signal: signal ?? undefined }));
  });
  // `close` also waits for the pipes, so that a waiter sees the last words of the program first.
  let over = false;
  void ended.then(() => {
    over = true;
  });

  return {
    name,
    pid: child.pid ?? 0,
    text: output.text,
    onLine: output.onLine,
    waitFor: (pattern, boundMs) => waitFor(name, output, ended, pattern, boundMs),
    ended,
    async stop() {
      if (over) return ended;
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), KILL_AFTER_MS);
      const end = await ended;
      clearTimeout(timer);
      return end;
    },
  };
}

interface Output {
  readonly text: () => string;
  readonly onLine: (listener: (line: string) => void) => () => void;
  readonly onText: (listener: () => void) => () => void;
}

function collectOutput(child: ChildProcess): Output {
  const terminal = createTerminalText();
  const lineListeners = new Set<(line: string) => void>();
  const textListeners = new Set<() => void>();
  const add = (more: string): void => {
    for (const line of terminal.add(more)) for (const listener of lineListeners) listener(line);
    for (const listener of textListeners) listener();
  };
  for (const stream of [child.stdout, child.stderr]) {
    const decoder = new StringDecoder("utf8");
    stream?.on("data", (chunk: Buffer) => add(decoder.write(chunk)));
  }
  return { text: terminal.text, onLine: subscribe(lineListeners), onText: subscribe(textListeners) };
}

function subscribe<T>(listeners: Set<T>): (listener: T) => () => void {
  return (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
}

function waitFor(
  name: string,
  output: Output,
  ended: Promise<ProgramEnd>,
  pattern: RegExp,
  boundMs: number,
): Promise<RegExpMatchArray> {
  return new Promise((resolve, reject) => {
    let settled = false;
    const settle = (act: () => void): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      stopListening();
      act();
    };
    const look = (): void => {
      const match = output.text().match(pattern);
      if (match !== null) settle(() => resolve(match));
    };
    const fail = (what: string): void =>
      settle(() => reject(new LabError(`${name} ${what}\n${lastLines(output.text())}`)));
    const timer = setTimeout(() => fail(`did not print ${pattern} within ${boundMs} ms`), boundMs);
    const stopListening = output.onText(look);
    look();
    void ended.then(({ code, signal }) => {
      look();
      fail(`ended (${signal ?? `exit code ${code}`}) without printing ${pattern}`);
    });
  });
}

/** The last lines that say something, for messages. */
export function lastLines(text: string, count = LAST_LINES): string {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return lines
    .slice(-count)
    .map((line) => `  | ${line.trimEnd()}`)
    .join("\n");
}

/**
 * Runs a short program to its end.
 *
 * @returns what it wrote
 * @throws {@link LabError} when it fails, with its words
 */
export async function runProgram(
  argv: readonly [string, ...string[]],
  options: ProgramOptions = {},
): Promise<string> {
  const program = await startProgram(argv, options);
  const { code, signal } = await program.ended;
  if (code === 0) return program.text();
  throw new LabError(
    `'${argv.join(" ")}' failed (${signal ?? `exit code ${code}`})\n${lastLines(program.text())}`,
  );
}
