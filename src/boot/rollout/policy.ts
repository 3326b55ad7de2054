/** How a new generation reaches the machines of a host or a group: what the operator wants. */

/**
 * - `all`: the next boot gets the new one
 * - `canary`: so many machines first, then the rest
 * - `window`: only boots at certain hours get it
 * - `manual`: none gets it before the operator promotes it
 */
export type Strategy = "all" | "canary" | "window" | "manual";

/** Hours of a week, in the server's local time. */
export interface OpenTime {
  /** On which days it begins; 0 is Sunday. */
  readonly days: readonly number[];
  /** In minutes of the day, 0 to 1439. */
  readonly fromMinute: number;
  /** In minutes of the day, 1 to 1440; not later than `fromMinute`: on the next day. */
  readonly untilMinute: number;
}

/** What the clock on the wall says. */
export interface LocalTime {
  /** 0 is Sunday. */
  readonly day: number;
  /** Of the day, 0 to 1439. */
  readonly minute: number;
}

export interface RolloutPolicy {
  readonly strategy: Strategy;
  /** With `canary`: how many machines; at least 1. */
  readonly canaries: number;
  /** With `window`: when. */
  readonly window: readonly OpenTime[];
  /** Whether what boots says that it is up; absent: once it ever has. */
  readonly checkIn?: boolean;
  /** How long after it has all its files a machine may take to be up, in milliseconds. */
  readonly limitMs: number;
  /** How often a machine may begin to boot a generation without coming up, at least 1. */
  readonly tries: number;
  /** Whether a check-in that tells of new faults speaks against a generation. */
  readonly requireWell: boolean;
}

export const DEFAULT_POLICY: RolloutPolicy = {
  strategy: "all",
  canaries: 1,
  window: [],
  limitMs: 600_000,
  tries: 3,
  requireWell: true,
};

const DAY_MINUTES = 1440;

/** Whether it is one of these hours; the end does not belong to them. */
export function isOpen(window: readonly OpenTime[], { day, minute }: LocalTime): boolean {
  const yesterday = (day + 6) % 7;
  return window.some(({ days, fromMinute, untilMinute }) => {
    const isOvernight = untilMinute <= fromMinute;
    const until = isOvernight ? untilMinute + DAY_MINUTES : untilMinute;
    const isToday = days.includes(day) && minute >= fromMinute && minute < until;
    return isToday || (isOvernight && days.includes(yesterday) && minute < untilMinute);
  });
}
