/** Tells how far something has come, once in a while: the shortest ones say nothing. */

const EVERY_MS = 1000;

/** @returns to be called whenever it has come on */
export function createProgress(tell: (bytes: number) => void): (bytes: number) => void {
  let toldMs = performance.now();
  return (bytes) => {
    const nowMs = performance.now();
    if (nowMs - toldMs < EVERY_MS) return;
    toldMs = nowMs;
    tell(bytes);
  };
}
