/** The log of one machine: what was told of it, in order, within bounds. Pure. */

import type { PublicEvent } from "../../../src/web/schema/events.ts";

export interface LogLine {
  /** Counts up: no two lines of a log have the same. */
  readonly number: number;
  readonly at: string;
  readonly level: "debug" | "info" | "warn" | "error";
  readonly type: string;
  readonly text: string;
}

export interface MachineLog {
  readonly lines: readonly LogLine[];
  /** Since when there is anything of it. */
  readonly since?: string | undefined;
  /** Of the next line. */
  readonly next: number;
}

export const EMPTY_LOG: MachineLog = { lines: [], next: 1 };

const MAX_LINES = 5000;

/** The log with some events more; the same one when they say nothing. */
export function logWith(log: MachineLog, events: readonly PublicEvent[]): MachineLog {
  const added: LogLine[] = [];
  let { next, since } = log;
  for (const event of events) {
    if (event.type === "hello") since ??= event.since;
    else if (event.type === "gap")
      added.push({
        ...{ number: next++, at: event.at, level: "warn", type: "gap" },
        text: "what happened before this was lost to this page",
      });
    else if (event.type !== "progress" && event.type !== "alive") {
      const { at, level, type, text } = event;
      added.push({ number: next++, at, level, type, text });
    }
  }
  if (added.length === 0 && since === log.since) return log;
  const all = [...log.lines, ...added];
  const lines = all.slice(-MAX_LINES);
  return { lines, next, since: lines.length < all.length ? lines[0]?.at : since };
}

/** Those that say more than what each packet was. */
export function mainLines(lines: readonly LogLine[]): readonly LogLine[] {
  return lines.filter(({ level }) => level !== "debug");
}

/** As it is copied: a line each, with its whole time. */
export function logText(lines: readonly LogLine[]): string {
  return lines.map(({ at, level, text }) => `${at} ${level.padEnd(5)} ${text}\n`).join("");
}
