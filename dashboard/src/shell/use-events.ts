/** Events of the stream for one part of a page, in batches, for as long as it is shown. */

import { useEffect, useRef } from "preact/hooks";
import type { PublicEvent } from "../../../src/web/schema/events.ts";
import { BROWSER } from "./browser.ts";
import { openStream, type StreamHooks } from "./stream.ts";

/** Events come in batches, a message each. */
const BATCH_MS = 100;

/**
 * Calls `take` with what has happened, for as long as the query is the same.
 *
 * @param query - of `/events`, as in `types=console`; `undefined`: nothing is asked for
 */
export function useEvents(query: string | undefined, take: (events: readonly PublicEvent[]) => void): void {
  const latest = useRef(take);
  latest.current = take;
  useEffect(() => {
    if (query === undefined) return;
    let waiting: PublicEvent[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const flush = () => {
      timer = undefined;
      const events = waiting;
      waiting = [];
      latest.current(events);
    };
    const onEvent: StreamHooks["onEvent"] = (event) => {
      waiting.push(event);
      timer ??= setTimeout(flush, BATCH_MS);
    };
    const stream = openStream(query, { onEvent }, BROWSER);
    return () => {
      stream.close();
      clearTimeout(timer);
    };
  }, [query]);
}
