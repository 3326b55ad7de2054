/** Of a long list of equally high rows those that can be seen, and how much room the others take. */

import type { RefObject } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

/** Rows beyond the edges, so that moving by keys finds the next one there. */
const BEYOND = 10;

export interface RowWindow<Holder extends Element> {
  /** Of what holds the rows. */
  readonly holder: RefObject<Holder | null>;
  readonly first: number;
  readonly end: number;
  /** Above and below the rows that are there. */
  readonly style: { readonly paddingTop: string; readonly paddingBottom: string };
}

/** @param guessPx - a row's height until one was measured */
export function useRowWindow<Holder extends Element>(count: number, guessPx: number): RowWindow<Holder> {
  const holder = useRef<Holder>(null);
  const [rowPx, setRowPx] = useState(guessPx);
  const [seen, setSeen] = useState({ first: 0, end: 40 });
  // biome-ignore lint/correctness/useExhaustiveDependencies: with another count other rows can be seen.
  useLayoutEffect(() => {
    const look = () => {
      const box = holder.current;
      const row = box?.querySelector(":scope > *");
      if (box === null || !row) return;
      const height = row.getBoundingClientRect().height;
      if (height > 0 && height !== rowPx) setRowPx(height);
      const top = -box.getBoundingClientRect().top;
      const first = Math.max(0, Math.floor(top / rowPx) - BEYOND);
      const end = Math.ceil((top + innerHeight) / rowPx) + BEYOND;
      setSeen((before) => (before.first === first && before.end === end ? before : { first, end }));
    };
    look();
    addEventListener("scroll", look, { passive: true });
    addEventListener("resize", look);
    return () => {
      removeEventListener("scroll", look);
      removeEventListener("resize", look);
    };
  }, [rowPx, count]);
  const end = Math.min(count, Math.max(seen.end, 1));
  const first = Math.min(seen.first, Math.max(0, end - 1));
  return {
    ...{ holder, first, end },
    style: { paddingTop: `${first * rowPx}px`, paddingBottom: `${(count - end) * rowPx}px` },
  };
}
