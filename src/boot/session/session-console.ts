/** What a machine says while it boots, by syslog or netconsole: the last of it, within bounds. */

import type { BootEvent } from "../event.ts";
import type { LiveSession } from "./live-session.ts";

/** One line as it came. */
export interface ConsoleLine {
  /** Of those that were said in this boot, from 1; the first ones may be gone. */
  readonly number: number;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  /** Which program says it, where it says so. */
  readonly program?: string;
  /** 0, an emergency, to 7, for debugging. */
  readonly severity?: number;
  readonly text: string;
}

export const MAX_CONSOLE_LINES = 200;
/** Letters of all lines together. */
export const MAX_CONSOLE_TEXT = 16_384;

/**
 * Keeps what a machine says. It is no sign that its boot goes on: one that hangs may complain for ever.
 *
 * @param live - absent: nobody knows of a boot of it, and nothing is kept
 */
export function consoleStep(
  live: LiveSession | undefined,
  { text, program, severity }: Extract<BootEvent, { type: "console" }>,
  atMs: number,
): LiveSession | undefined {
  if (live === undefined) return undefined;
  const before = live.session.console ?? [];
  const line: ConsoleLine = {
    number: (before.at(-1)?.number ?? 0) + 1,
    atMs,
    ...(program === undefined ? {} : { program }),
    ...(severity === undefined ? {} : { severity }),
    text,
  };
  const console = lastOf([...before, line]);
  return { ...live, session: { ...live.session, console } };
}

function lastOf(lines: readonly ConsoleLine[]): readonly ConsoleLine[] {
  const kept = lines.slice(-MAX_CONSOLE_LINES);
  let letters = kept.reduce((sum, { text }) => sum + text.length, 0);
  let first = 0;
  while (letters > MAX_CONSOLE_TEXT) letters -= kept[first++]?.text.length ?? letters;
  return kept.slice(first);
}
