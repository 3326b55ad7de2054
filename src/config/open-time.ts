/** Hours of a week as people write them: `02:00-05:00`, `Mon-Fri 22:00-04:00`, `Sat,Sun 00:00-24:00`. */

import type { OpenTime } from "../boot/rollout/policy.ts";

const DAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const EVERY_DAY = [0, 1, 2, 3, 4, 5, 6];

/** @returns `undefined` for text that is none, and for hours that end where they begin */
export function parseOpenTime(text: string): OpenTime | undefined {
  const match = /^(?:([a-z][a-z, -]*?)\s+)?(\d{1,2}:\d\d)\s*-\s*(\d{1,2}:\d\d)$/.exec(
    text.trim().toLowerCase(),
  );
  const days = match?.[1] === undefined ? EVERY_DAY : parseDays(match[1]);
  const fromMinute = parseMinute(match?.[2]);
  const untilMinute = parseMinute(match?.[3]);
  if (days === undefined || fromMinute === undefined || untilMinute === undefined) return undefined;
  if (fromMinute === 1440 || untilMinute === 0 || fromMinute === untilMinute) return undefined;
  return { days, fromMinute, untilMinute };
}

function parseMinute(text: string | undefined): number | undefined {
  const [hour = Number.NaN, minute = Number.NaN] = (text ?? "").split(":").map(Number);
  const all = hour * 60 + minute;
  return minute < 60 && all <= 1440 ? all : undefined;
}

function parseDays(text: string): number[] | undefined {
  const days = new Set<number>();
  for (const part of text.split(",")) {
    const [first = -1, last = first, ...more] = part.split("-").map((name) => dayOf(name.trim()));
    if (first === -1 || last === -1 || more.length > 0) return undefined;
    for (let day = first; ; day = (day + 1) % 7) {
      days.add(day);
      if (day === last) break;
    }
  }
  return [...days].sort();
}

/** By its whole name, or the first letters of it, at least three. */
function dayOf(name: string): number {
  return name.length < 3 ? -1 : DAYS.findIndex((day) => day.startsWith(name));
}
