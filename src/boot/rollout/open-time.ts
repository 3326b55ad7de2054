/** Hours of a week as the configuration has them: `Mon-Fri 02:00-05:00`. Pure. */

import type { OpenTime } from "./policy.ts";

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/** As it can be written into the configuration; without days where it is every day. */
export function formatOpenTime({ days, fromMinute, untilMinute }: OpenTime): string {
  const hours = `${formatMinute(fromMinute)}-${formatMinute(untilMinute)}`;
  return days.length === DAYS.length ? hours : `${formatDays(days)} ${hours}`;
}

/** Days that follow each other are told by the first and the last one, over the end of the week too. */
function formatDays(days: readonly number[]): string {
  const isIn = (day: number) => days.includes(day % DAYS.length);
  const firsts = DAYS.map((_, day) => day).filter((day) => isIn(day) && !isIn(day + DAYS.length - 1));
  const runs = firsts.map((first) => {
    let last = first;
    while (isIn(last + 1)) last += 1;
    return first === last ? DAYS[first] : `${DAYS[first]}-${DAYS[last % DAYS.length]}`;
  });
  return runs.join(",");
}

function formatMinute(minute: number): string {
  const two = (value: number) => String(value).padStart(2, "0");
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}
