/** Follows what is told of one machine, from what is kept of earlier on. */

import { useEffect, useState } from "preact/hooks";
import type { PublicEvent } from "../../../src/web/schema/events.ts";
import { EMPTY_LOG, logWith, type MachineLog } from "../state/machine-log.ts";
import { openStream } from "./stream.ts";

/** Events come in batches, a message each. */
const BATCH_MS = 100;

export function useMachineLog(mac: string): MachineLog {
  const [log, setLog] = useState(EMPTY_LOG);
  useEffect(() => {
    let waiting: PublicEvent[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const flush = () => {
      timer = undefined;
      const events = waiting;
      waiting = [];
      setLog((before) => logWith(before, events));
    };
    setLog(EMPTY_LOG);
    const stream = openStream(`kept=true&mac=${encodeURIComponent(mac)}`, {
      onEvent(event) {
        waiting.push(event);
        timer ??= setTimeout(flush, BATCH_MS);
      },
    });
    return () => {
      stream.close();
      clearTimeout(timer);
    };
  }, [mac]);
  return log;
}
