/** Remembers what was told of which boot, so that each thing is told once of each. */

import type { Diagnosis, DiagnosisCode } from "../../boot/diagnosis/diagnosis.ts";
import type { Session } from "../../boot/session/session.ts";
import { hasComeOn, standingOf } from "../../boot/session/standing.ts";
import type { Mac } from "../../wire/net/mac.ts";
import { createBoundedMap } from "../ladder/bounded-map.ts";

export interface ToldDiagnoses {
  /**
   * This is what is wrong with the boot now.
   *
   * @returns whether that is news; `repeated`: it is again, or it is one loop of the machine with the boots before
   */
  note(session: Session, diagnosis: Diagnosis): "known" | "repeated" | "news";
  /** The boot is as it is now. @returns whether what was told of it is over */
  follow(session: Session): boolean;
}

/** What was told of a boot. */
interface Told {
  readonly codes: ReadonlySet<DiagnosisCode>;
  /** What of it still stands, and of the boot when it stood where. */
  readonly last?: { readonly code: DiagnosisCode; readonly session: Session };
}

/** Boots of which it is known, and machines that boot in a loop. */
const MAX_TOLD = 4096;
/** Boots that are further apart are no loop any more. */
const LOOP_MS = 30 * 60_000;

/** @param steadyNow - milliseconds of a clock that only goes forward */
export function createToldDiagnoses(steadyNow: () => number): ToldDiagnoses {
  const told = createBoundedMap<Told>(MAX_TOLD);
  /** When a machine was last seen to loop, by that clock. */
  const loops = createBoundedMap<number>(MAX_TOLD);

  function isSameLoop(mac: Mac, code: DiagnosisCode): boolean {
    if (code !== "boot-loop") return false;
    const beforeMs = loops.get(mac);
    loops.set(mac, steadyNow());
    return beforeMs !== undefined && steadyNow() - beforeMs <= LOOP_MS;
  }

  return {
    note(session, { code }) {
      const before = told.get(session.id);
      // Those that are looked at are remembered longest.
      told.set(session.id, {
        codes: new Set([...(before?.codes ?? []), code]),
        last: { code, session },
      });
      if (before?.last?.code === code) return "known";
      const isSame = isSameLoop(session.mac, code);
      return isSame || before?.codes.has(code) === true ? "repeated" : "news";
    },
    follow(session) {
      if (session.outcome === "checked-in") loops.delete(session.mac);
      const before = told.get(session.id);
      if (before?.last === undefined) return false;
      if (!hasComeOn(standingOf(before.last.session), standingOf(session))) return false;
      told.set(session.id, { codes: before.codes });
      return true;
    },
  };
}
