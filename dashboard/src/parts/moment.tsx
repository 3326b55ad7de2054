/** How long ago something was, and when that is for who points at it. */

import { useNow } from "../shell/app.ts";
import { agoText, momentText } from "../state/words.ts";

export function Ago({ at }: { readonly at: string }) {
  const nowMs = useNow(10_000);
  return (
    <time dateTime={at} title={momentText(at)}>
      {agoText(Date.parse(at), nowMs)}
    </time>
  );
}
