/**
 * What the script asks the server for: shell text that says what this machine would load, or why not.
 *
 * Its first and last lines tell that it is ours and whole: the answer of a captive portal, or half of ours,
 * is not run.
 */

import { commentShell, quoteShell } from "../../wire/sh/quote.ts";
import { bootedFiles, type Generation, kernelVersionOf } from "../generation.ts";
import type { Host } from "../host.ts";
import { mediaPath } from "../script/script.ts";
import type { Lack } from "./decide-kexec.ts";

/** The first line of every such text; another number when an older script could not read it. */
export const PLAN_MARK = "# mayfly plan 1";
/** The last one. */
export const PLAN_END = "# mayfly plan ends";

/** SHA-256 of each file, in hex. */
export type FileDigests = ReadonlyMap<string, string>;

export interface Plan {
  readonly host: Host;
  readonly generation: Generation;
  readonly lacks: readonly Lack[];
}

/** Which files of a generation a machine loads: the kernel first. */
export function plannedFiles(generation: Generation): readonly string[] {
  return bootedFiles(generation);
}

/** The plan of a machine that has something to load. */
export function formatPlan({ host, generation, lacks }: Plan, digests: FileDigests): string {
  const version = kernelVersionOf(generation);
  const title = `${host.name}${version === undefined ? "" : `, Linux ${version}`}, from ${generation.id}`;
  return whole([
    assign("title", title),
    assign("generation", generation.id),
    ...plannedFiles(generation).map((file, index) => {
      const sizeKib = Math.ceil((generation.files.get(file) ?? 0) / 1024);
      const kind = index === 0 ? "kernel" : "initrd";
      const words = [kind, String(sizeKib), digests.get(file) ?? "", mediaPath(generation, file)];
      return `part ${words.map(quoteShell).join(" ")}`;
    }),
    ...lacks.map(formatLack),
  ]);
}

/** The plan of a machine that has nothing to load. */
export function formatRefusedPlan(lacks: readonly Lack[]): string {
  return whole(lacks.map(formatLack));
}

/** The digests are not known yet: ask again. */
export function formatWaitingPlan(seconds: number): string {
  return whole([assign("again", String(seconds))]);
}

/**
 * The command line of the boot that begins.
 *
 * @param query - what stands behind the paths of the files that it fetches; may be empty
 */
export function formatStart(commandLine: string, query: string): string {
  return whole([assign("command_line", commandLine), assign("file_query", query)]);
}

/**
 * A script of its own that says why there is none, on the screen of whoever runs it.
 *
 * @param lacks - at least one
 */
export function formatRefusedScript(lacks: readonly Lack[]): string {
  const lines = lacks.flatMap(({ what, cure }) => [`Mayfly: ${what}`, `  ${cure}`]);
  return ["#!/bin/sh", `printf '%s\\n' ${lines.map(quoteShell).join(" ")} >&2`, "exit 1", ""].join("\n");
}

function formatLack({ what, cure, isDoubt }: Lack): string {
  return `${isDoubt ? "doubt" : "lack"} ${quoteShell(what)} ${quoteShell(cure)}`;
}

function assign(name: string, value: string): string {
  return `${name}=${quoteShell(value)}`;
}

function whole(lines: readonly string[]): string {
  return [PLAN_MARK, ...lines, PLAN_END, ""].join("\n");
}

/** The head of the script that people pipe into `sh`: what it is about. */
export function formatScriptHead(settings: ReadonlyMap<string, string>, about: string): readonly string[] {
  return ["#!/bin/sh", commentShell(about), ...[...settings].map(([name, value]) => assign(name, value))];
}
