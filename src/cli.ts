/** The command line: arguments, exit codes and signals; the only place that ends the process. */

import { readFile } from "node:fs/promises";
import { constants } from "node:os";
import { setImmediate as immediately } from "node:timers/promises";
import { type Command, CommanderError } from "commander";
import { createProgram } from "./commands/program.ts";

/** 1: the world failed. 2: the operator erred. */
const EXIT_WORLD = 1;
const EXIT_OPERATOR = 2;

/** By name, so that the modules which have them are not loaded for it. */
const OPERATOR_ERRORS: ReadonlySet<string> = new Set([
  "ConfigError",
  "PartError",
  "ImportError",
  "MistakesError",
]);

/** What ends a command before its time. */
interface Stop {
  /** Aborted by the first SIGINT or SIGTERM; the second one ends the process at once. */
  signal(): AbortSignal;
  /** Ends a command whose output nobody gets: in its own way where it has one. */
  giveUp(error: Error): void;
  /** What became of its output. */
  outputError(): Error | undefined;
}

function createStop(): Stop {
  let controller: AbortController | undefined;
  let outputError: Error | undefined;
  return {
    signal() {
      const made = new AbortController();
      controller = made;
      for (const name of ["SIGINT", "SIGTERM"] as const) {
        process.on(name, () => {
          if (made.signal.aborted) process.exit(128 + constants.signals[name]);
          made.abort();
        });
      }
      return made.signal;
    },
    giveUp(error) {
      if (outputError !== undefined) return;
      outputError = error;
      if (controller === undefined) exitWithout(error);
      controller.abort();
    },
    outputError: () => outputError,
  };
}

/** Without a word where the reader has seen enough, as in `mayfly events | head`: with what a shell gives for SIGPIPE. */
function exitWithout(output: Error): never {
  if ("code" in output && output.code === "EPIPE") process.exit(128 + constants.signals.SIGPIPE);
  console.error(`mayfly: standard output cannot be written: ${output.message}`);
  process.exit(EXIT_WORLD);
}

/** Has each error of standard output end what runs, but a server, which has said all there when it is ready. */
function watchOutput(program: Command, stop: Stop): void {
  let isServer = false;
  program.hook("preAction", (_program, command) => {
    isServer = command.name() === "serve";
  });
  process.stdout.on("error", (error) => isServer || stop.giveUp(error));
  // Nobody is left who could be told.
  process.stderr.on("error", () => {});
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_OPERATOR;
  return error instanceof Error && OPERATOR_ERRORS.has(error.name) ? EXIT_OPERATOR : EXIT_WORLD;
}

/** The message and those of its causes, which say what was tried and what the system answered; none of them twice. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? "" : messageOf(error.cause);
  return error.message.includes(cause) ? error.message : `${error.message} (${cause})`;
}

const stop = createStop();
try {
  const about = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8"));
  const program = createProgram(about, stop.signal);
  watchOutput(program, stop);
  await program.parseAsync();
  // What became of the last line is told a moment later.
  await immediately();
  const outputError = stop.outputError();
  if (outputError !== undefined) exitWithout(outputError);
  process.exit(0);
} catch (error) {
  const outputError = stop.outputError();
  if (outputError !== undefined) exitWithout(outputError);
  // commander has said its own errors already.
  if (!(error instanceof CommanderError)) console.error(`mayfly: ${messageOf(error)}`);
  process.exit(exitCodeOf(error));
}
