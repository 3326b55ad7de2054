/** Remembers what was told, holds back what may yet be over, and joins the rest; the rules are in `boot/notify`. */

import { ALERT_KINDS, type Alert, type AlertKind } from "../../boot/notify/alert.ts";
import {
  type Batch,
  type Gathering,
  gather,
  NOTHING_GATHERED,
  release,
} from "../../boot/notify/gathering.ts";
import { judgeRepeat, type Told, toldOf } from "../../boot/notify/repeat.ts";
import { createBoundedMap } from "../ladder/bounded-map.ts";

export interface AlertDesk {
  consider(alert: Alert): void;
  /** As if it had been told then. */
  know(key: string, atMs: number): void;
  /** What is due. */
  due(nowMs: number): readonly Batch[];
  /** All that is gathered, due or not. */
  flush(): readonly Batch[];
}

const MAX_TOLD = 4096;
const MAX_HELD = 1024;

export function createAlertDesk(): AlertDesk {
  const told = createBoundedMap<Told>(MAX_TOLD);
  /** What is told later, if it is not over by then. */
  const held = createBoundedMap<{ readonly alert: Alert; readonly dueMs: number }>(MAX_HELD);
  const gathered = new Map<AlertKind, Gathering>();

  function tell(alert: Alert): void {
    const { kind, key } = alert;
    const before = gathered.get(kind) ?? NOTHING_GATHERED;
    const after = gather(before, alert);
    gathered.set(kind, after);
    // It was over before anybody was told: the next time it is news.
    if (after.alerts.length < before.alerts.length) told.delete(key);
    else if (alert.isOver === true) told.set(key, { atMs: told.get(key)?.atMs ?? 0, isOpen: false });
    else told.set(key, toldOf(alert));
  }
  function releaseAll(nowMs: number): readonly Batch[] {
    return ALERT_KINDS.flatMap((kind) => {
      const [after, batch] = release(gathered.get(kind) ?? NOTHING_GATHERED, kind, nowMs);
      gathered.set(kind, after);
      return batch ?? [];
    });
  }

  return {
    consider(alert) {
      if (alert.isOver === true) held.delete(alert.key);
      const verdict = judgeRepeat(alert, told.get(alert.key));
      if (verdict.type === "tell") tell(alert);
      if (verdict.type === "hold") held.set(alert.key, { alert, dueMs: verdict.dueMs });
    },
    know: (key, atMs) => void told.set(key, { atMs, isOpen: false }),
    due(nowMs) {
      for (const { alert, dueMs } of [...held.values()]) {
        if (dueMs > nowMs) continue;
        held.delete(alert.key);
        tell({ ...alert, atMs: nowMs });
      }
      return releaseAll(nowMs);
    },
    flush: () => releaseAll(Number.POSITIVE_INFINITY),
  };
}
