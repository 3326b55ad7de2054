/** A value that changes often, taken over only so often: for what is asked of the server again each time. */

import { useEffect, useRef, useState } from "preact/hooks";

/** The first change counts at once, those that follow it together. */
export function useCalm<Value>(value: Value, everyMs: number): Value {
  const [calm, setCalm] = useState(value);
  const last = useRef(0);
  useEffect(() => {
    if (value === calm) return;
    const waitMs = Math.max(0, last.current + everyMs - Date.now());
    const timer = setTimeout(() => {
      last.current = Date.now();
      setCalm(value);
    }, waitMs);
    return () => clearTimeout(timer);
  }, [value, calm, everyMs]);
  return calm;
}
