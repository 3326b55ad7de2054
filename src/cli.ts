/** The command line: arguments, exit codes and signals; the only place that ends the process. */

import { readFile } from "node:fs/promises";
import { constants } from "node:os";
import { CommanderError } from "commander";
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

/** Aborted by the first SIGINT or SIGTERM; the second one ends the process at once. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(128 + constants.signals[name]);
      controller.abort();
    });
  }
  return controller.signal;
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

try {
  const about = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8"));
  const program = createProgram(about, stopSignal);
  await program.parseAsync();
  process.exit(0);
} catch (error) {
  // commander has said its own errors already.
  if (!(error instanceof CommanderError)) console.error(`mayfly: ${messageOf(error)}`);
  process.exit(exitCodeOf(error));
}
