/** Gives each boot its name and its token, and takes the report of what was booted. */

import { randomBytes } from "node:crypto";
import type { BeginBoot } from "../../boot/check-in/begin-boot.ts";
import { BOOT_ID_BYTES, formatHex, HOST_MARK_BYTES } from "../../wire/check-in/claim.ts";
import type { Store } from "../store/store.ts";
import { markOf, openSecret } from "./check-in-secret.ts";
import { openMarks } from "./generation-marks.ts";

export interface CheckIns {
  readonly beginBoot: BeginBoot;
}

/** A machine may stand in its firmware's memory test, or wait for a build, for long. */
export const TOKEN_MS = 24 * 60 * 60_000;

/** @param nowMs - milliseconds since the epoch, which only go forward while the process lives */
export async function openCheckIns(store: Store, nowMs: () => number = steadyMs): Promise<CheckIns> {
  const secret = await openSecret(store);
  const marks = await openMarks(store, TOKEN_MS, nowMs);
  return {
    beginBoot({ mac, host, generation }) {
      const bootId = formatHex(randomBytes(BOOT_ID_BYTES));
      if (secret === undefined || host.checkIn === false) return { bootId };
      const checkIn = secret.sign({
        ...{ bootId, mac },
        issuedSeconds: Math.floor(nowMs() / 1000),
        generationMark: marks.mark(generation.id),
        hostMark: markOf(host.name, HOST_MARK_BYTES),
      });
      return { bootId, checkIn };
    },
  };
}

/** A server without a battery starts in 1970 and is put right later: a token must not age by that. */
function steadyMs(): number {
  return performance.timeOrigin + performance.now();
}
