/** Amounts and times as people read them. */

/** Binary units, two significant digits past the first: `1.4 MiB`. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}

/** `640 ms`, `12.3 s`, `2 min 5 s`. */
export function formatMs(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  return seconds < 100
    ? `${seconds.toFixed(1)} s`
    : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

const SPANS = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
] as const;

/** Whole days, hours or minutes, two of them at least; else seconds: `90 minutes`, `7 days`, `30 seconds`. */
export function formatSpan(ms: number): string {
  const [unit, unitMs] = SPANS.find(([, each]) => ms >= 2 * each) ?? (["second", 1000] as const);
  const count = Math.round(ms / unitMs);
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}
