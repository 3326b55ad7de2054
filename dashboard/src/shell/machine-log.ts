/** Follows what is told of one machine, from what is kept of earlier on. */

import { useState } from "preact/hooks";
import { EMPTY_LOG, logWith, type MachineLog } from "../state/machine-log.ts";
import { useEvents } from "./use-events.ts";

/** @param mac - the same one for as long as the page is shown */
export function useMachineLog(mac: string): MachineLog {
  const [log, setLog] = useState(EMPTY_LOG);
  useEvents(`kept=true&mac=${encodeURIComponent(mac)}`, (events) =>
    setLog((before) => logWith(before, events)),
  );
  return log;
}
