/** How long ago something was, or for how long it has been, and when that is for who points at it. */

import { useNow } from "../shell/app.ts";
import { agoText, momentText, spanText } from "../state/words.ts";

interface AgoProps {
  readonly at: string;
  /** Default: it is over. */
  readonly isPast?: boolean;
}

export function Ago({ at, isPast = true }: AgoProps) {
  const nowMs = useNow(10_000);
  return (
    <time dateTime={at} title={momentText(at)}>
      {isPast ? agoText(Date.parse(at), nowMs) : spanText(nowMs - Date.parse(at))}
    </time>
  );
}
