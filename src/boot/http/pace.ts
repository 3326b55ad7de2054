/** How fast a body is sent to a machine whose network card stalls when a server is too quick for it (quirk I11). */

/** The slowest that can be asked for, in bytes per second: below it a boot takes longer than iPXE waits. */
export const MIN_BYTES_PER_SECOND = 64 * 1024;
const SLICES_PER_SECOND = 20;

/** How much may be sent at once, in bytes: the card must not meet a second's worth in one burst. */
export function sliceBytes(bytesPerSecond: number): number {
  return Math.max(1, Math.ceil(bytesPerSecond / SLICES_PER_SECOND));
}

/** How long to wait before more is sent, in milliseconds; 0 when the body is behind its rate. */
export function pauseMs(sentBytes: number, elapsedMs: number, bytesPerSecond: number): number {
  return Math.max(0, (1000 * sentBytes) / bytesPerSecond - elapsedMs);
}

/** The query that carries a rate in a file's URL, which is how the server of the file learns it. */
export function formatRate(bytesPerSecond: number | undefined): string {
  return bytesPerSecond === undefined ? "" : `?rate=${bytesPerSecond}`;
}

/** The inverse of {@link formatRate}; `undefined` for everything else. */
export function parseRate(query: string): number | undefined {
  const digits = /^rate=(\d{1,12})$/.exec(query)?.[1];
  return digits === undefined ? undefined : Math.max(MIN_BYTES_PER_SECOND, Number(digits));
}
