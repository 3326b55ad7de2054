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
