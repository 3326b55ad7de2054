/** How wide something is, measured anew when that changes: pictures are drawn to fit, and their text is not scaled. */

import type { RefObject } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

/** @returns 0 as the width until it was measured */
export function useWidth<Holder extends Element>(): readonly [RefObject<Holder | null>, number] {
  const holder = useRef<Holder>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const { current } = holder;
    if (current === null) return;
    const measure = () => setWidth(Math.floor(current.getBoundingClientRect().width));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(current);
    return () => observer.disconnect();
  }, []);
  return [holder, width];
}
