/** Guards what a timer calls: a mistake in it is told, and ends neither the process nor the timer. */

import type { World } from "./world.ts";

/**
 * Makes `act` one that never throws and never rejects. What it throws is recorded as a bug, and again only when
 * it went well in between: it would be the same at each call.
 *
 * @param via - what has the mistake, for who reads of it
 */
export function guarded(
  world: Pick<World, "record">,
  via: string,
  act: () => void | Promise<void>,
): () => void {
  let isFailing = false;
  const onDone = () => {
    isFailing = false;
  };
  const onError = (error: unknown) => {
    if (!isFailing) world.record({ type: "bug", via, error });
    isFailing = true;
  };
  return () => {
    try {
      const done = act();
      if (done === undefined) onDone();
      else done.then(onDone, onError);
    } catch (error) {
      onError(error);
    }
  };
}
