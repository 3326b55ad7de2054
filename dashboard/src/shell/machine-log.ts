/** Follows what is told of one machine, from what is kept of earlier on. */

import { useEffect, useState } from "preact/hooks";
import type { PublicEvent } from "../../../src/web/schema/events.ts";
import { EMPTY_LOG, logWith, type MachineLog } from "../state/machine-log.ts";

/** Events come in batches, a message each. */
const BATCH_MS = 100;
const AGAIN_MS = 3000;

export function useMachineLog(mac: string): MachineLog {
  const [log, setLog] = useState(EMPTY_LOG);
  useEffect(() => {
    let waiting: PublicEvent[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    let source: EventSource | undefined;
    let again: ReturnType<typeof setTimeout> | undefined;
    const flush = () => {
      timer = undefined;
      const events = waiting;
      waiting = [];
      setLog((before) => logWith(before, events));
    };
    const open = () => {
      // Opened anew it tells all that is kept once more.
      setLog(EMPTY_LOG);
      const opened = new EventSource(`/api/v1/events?kept=true&mac=${encodeURIComponent(mac)}`);
      source = opened;
      opened.onmessage = ({ data }) => {
        waiting.push(JSON.parse(data));
        timer ??= setTimeout(flush, BATCH_MS);
      };
      opened.onerror = () => {
        // Else it comes back by itself, to where it was.
        if (opened.readyState === EventSource.CLOSED) again = setTimeout(open, AGAIN_MS);
      };
    };
    open();
    return () => {
      source?.close();
      clearTimeout(timer);
      clearTimeout(again);
    };
  }, [mac]);
  return log;
}
