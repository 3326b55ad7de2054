/** What a machine said while it booted: what was asked for, with the lines that were heard since. Pure. */

import type { PublicEvent } from "../../../src/web/schema/events.ts";
import type { ConsoleLineView, SessionDetail } from "../../../src/web/schema/sessions.ts";

/** The server keeps fewer; whoever looks on while a machine talks sees more of it. */
const MAX_LINES = 1000;
/** As long as the server follows a boot that is over: so long a line of its may still come. */
const FOLLOWED_MS = 30 * 60_000;

/** Whether the machine may say more that belongs to this boot. */
export function maySayMore({ outcome, last }: SessionDetail, nowMs: number): boolean {
  return outcome === "under-way" || nowMs - Date.parse(last) < FOLLOWED_MS;
}

/** The lines with those of some events that belong to this boot; the same ones where there are none. */
export function withSaid(
  lines: readonly ConsoleLineView[],
  events: readonly PublicEvent[],
  boot: string,
): readonly ConsoleLineView[] {
  const said = events.flatMap((event) => lineOf(event, boot) ?? []);
  return said.length === 0 ? lines : joinedLines(lines, said);
}

/** Two parts of what was said as one, each line once and in order; the last ones, where there are too many. */
export function joinedLines(
  some: readonly ConsoleLineView[],
  others: readonly ConsoleLineView[],
): readonly ConsoleLineView[] {
  if (others.length === 0) return some;
  const all = new Map([...some, ...others].map((line) => [line.number, line]));
  return [...all.values()].sort((a, b) => a.number - b.number).slice(-MAX_LINES);
}

function lineOf(event: PublicEvent, boot: string): ConsoleLineView | undefined {
  if (event.type !== "console" || event.boot !== boot || event.number === undefined) return undefined;
  const { number, at, said, program, severity } = event;
  return {
    ...{ number, at, text: said },
    ...(program === undefined ? {} : { program }),
    ...(severity === undefined ? {} : { severity }),
  };
}
