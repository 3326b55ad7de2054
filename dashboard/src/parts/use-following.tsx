/** Stays at the end of what grows, until somebody scrolls up. */

import { useLayoutEffect, useRef, useState } from "preact/hooks";

/** So near to its end it counts as being there. */
const NEAR_PX = 24;

interface Numbered {
  /** Counts up. */
  readonly number: number;
}

export function useFollowing<Box extends HTMLElement>(lines: readonly Numbered[]) {
  const box = useRef<Box>(null);
  const [seen, setSeen] = useState<number>();
  const last = lines.at(-1)?.number ?? 0;
  const isPaused = seen !== undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: with more lines its end is elsewhere.
  useLayoutEffect(() => {
    if (!isPaused && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [last, lines.length, isPaused]);
  return {
    box,
    onScroll() {
      const { current } = box;
      if (current === null) return;
      const isAtEnd = current.scrollHeight - current.scrollTop - current.clientHeight < NEAR_PX;
      setSeen((before) => (isAtEnd ? undefined : (before ?? last)));
    },
    isPaused,
    missed: seen === undefined ? 0 : lines.filter(({ number }) => number > seen).length,
    goOn: () => setSeen(undefined),
  };
}

type MissedProps = Pick<ReturnType<typeof useFollowing>, "isPaused" | "missed" | "goOn">;

/** The way back to the end, for who has scrolled up. */
export function MissedLines({ isPaused, missed, goOn }: MissedProps) {
  if (!isPaused) return undefined;
  return (
    <p class="more">
      <button type="button" onClick={goOn}>
        {missed === 0 ? "To the last line" : `${missed} new ${missed === 1 ? "line" : "lines"} below`}
      </button>
    </p>
  );
}
