/** The noun `service`: something that a system runs, told without booting it. Pure. */

import { lastOf, listOf, type UnitLine } from "./unit-file.ts";

export interface Service {
  /** Without `.service`. */
  readonly name: string;
  readonly description?: string;
  /** What it runs, in order, as systemd would read it. */
  readonly commands: readonly string[];
  /** What starts it by itself: `multi-user.target`; none for what something else starts when it is wanted. */
  readonly wantedBy: readonly string[];
}

/** What runs in a generation, or why that is not known, as a sentence without a full stop. */
export type ServicesAnswer =
  | { readonly type: "known"; readonly services: readonly Service[] }
  | { readonly type: "unknown"; readonly reason: string; readonly cure?: string };

/** A service as its unit files say, those that come later winning; `undefined` for one that runs nothing. */
export function serviceOf(
  name: string,
  lines: readonly UnitLine[],
  wantedBy: readonly string[],
): Service | undefined {
  const commands = listOf(lines, "Service", "ExecStart");
  const description = lastOf(lines, "Unit", "Description");
  if (commands.length === 0) return undefined;
  return { name, ...(description === undefined ? {} : { description }), commands, wantedBy };
}

/** As a line, to be kept. */
export function formatService({ name, description = "", commands, wantedBy }: Service): string {
  return JSON.stringify([name, description, commands, wantedBy]);
}

/** The opposite of {@link formatService}; `undefined` for what it never writes. */
export function parseService(line: string): Service | undefined {
  const value: unknown = parsed(line);
  if (!Array.isArray(value) || value.length !== 4) return undefined;
  const [name, description, commands, wantedBy]: unknown[] = value;
  if (typeof name !== "string" || typeof description !== "string") return undefined;
  if (!isTexts(commands) || !isTexts(wantedBy)) return undefined;
  return { name, ...(description === "" ? {} : { description }), commands, wantedBy };
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
