/** Numbers, times and names as people read them. Pure. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** As in `345.1 MiB`. */
export function bytesText(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[power] ?? "B"}`;
}

export function rateText(bytesPerSecond: number): string {
  return `${bytesText(bytesPerSecond)}/s`;
}

/** How long something took: `12 ms`, `3.4 s`, `2 min 5 s`, `1 h 3 min`. */
export function durationText(ms: number): string {
  if (ms < 950) return `${Math.round(ms)} ms`;
  if (ms < 9950) return `${(ms / SECOND).toFixed(1)} s`;
  if (ms < 59_500) return `${Math.round(ms / SECOND)} s`;
  if (ms < HOUR) return pair(ms, MINUTE, "min", SECOND, "s");
  if (ms < DAY) return pair(ms, HOUR, "h", MINUTE, "min");
  return pair(ms, DAY, "d", HOUR, "h");
}

function pair(ms: number, large: number, largeName: string, small: number, smallName: string): string {
  const whole = Math.round(ms / small);
  const [much, rest] = [Math.floor(whole / (large / small)), whole % (large / small)];
  return rest === 0 ? `${much} ${largeName}` : `${much} ${largeName} ${rest} ${smallName}`;
}

/** How long ago: `now`, `40 s ago`, `5 min ago`, `3 h ago`, `12 d ago`. */
export function agoText(atMs: number, nowMs: number): string {
  const ms = nowMs - atMs;
  return ms < 5 * SECOND ? "now" : `${spanText(ms)} ago`;
}

/** About how long: `40 s`, `5 min`, `3 h`, `12 d`. */
export function spanText(ms: number): string {
  const [size, name] =
    ms < MINUTE ? [SECOND, "s"] : ms < HOUR ? [MINUTE, "min"] : ms < 2 * DAY ? [HOUR, "h"] : [DAY, "d"];
  return `${Math.max(0, Math.floor(ms / size))} ${name}`;
}

/** A day and a time as they are written here, with seconds. */
export function momentText(at: string | number): string {
  return new Date(at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
}

/** A time of the day, with seconds. */
export function clockText(at: string): string {
  return new Date(at).toLocaleTimeString(undefined, { hour12: false });
}

const STORE_PATH = /^([0-9a-z]{32})-(.+)$/;
const SHORT = 8;

/** The beginning of a generation's id, by which `mayfly` knows it too. */
export function shortId(id: string): string {
  if (STORE_PATH.test(id)) return id.slice(0, SHORT);
  return id.length <= 12 ? id : id.slice(0, SHORT + 2);
}

/** What a store path is called, without its hash; `undefined` for what is no store path. */
export function nameInStore(id: string): string | undefined {
  return STORE_PATH.exec(id)?.[2];
}

export function percentOf(part: number, whole: number): number {
  return whole <= 0 ? 0 : Math.min(100, Math.floor((100 * part) / whole));
}
