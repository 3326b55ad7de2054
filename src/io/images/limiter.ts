/** Lets only so many pieces of work run at once; the others wait their turn in order. */

export type Limiter = <Result>(work: () => Promise<Result>) => Promise<Result>;

export function createLimiter(atOnce: number): Limiter {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= atOnce) await new Promise<void>((go) => waiting.push(go));
    else running++;
    try {
      return await work();
    } finally {
      // A waiting piece takes over this one's place.
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}
