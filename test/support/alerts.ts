/** Alerts, boots and targets as the tests of messages have them. */

import type { Diagnosis } from "../../src/boot/diagnosis/diagnosis.ts";
import type { Alert } from "../../src/boot/notify/alert.ts";
import type { Target } from "../../src/boot/notify/target.ts";
import type { Session, SessionOutcome } from "../../src/boot/session/session.ts";

export const START_MS = 1_700_000_000_000;

/** A boot of the host `beta`, or of another one. */
export function boot(outcome: SessionOutcome, more: Partial<Session> = {}): Session {
  return {
    ...{ id: "0loyw3v28-abc123", mac: "52:54:00:12:34:56", host: "beta", via: "netboot" },
    ...{ startMs: START_MS, lastMs: START_MS, scripts: 1, outcome },
    steps: [{ stage: "script", startMs: START_MS, endMs: START_MS }],
    ...more,
  };
}

/** The n-th machine of a rack. */
export function nth(n: number): { readonly mac: string; readonly host: string } {
  return { mac: `52:54:00:00:01:${n.toString(16).padStart(2, "0")}`, host: `node${n}` };
}

export const NOT_FETCHED: Diagnosis = {
  code: "kernel-not-fetched",
  certainty: "likely",
  what: "it has its script and does not come for the kernel",
  cure: "look whether port 8080 is open on the way",
  evidence: [],
};

export function alert(more: Partial<Alert> = {}): Alert {
  const { subject = "beta", kind = "boot-failed", cause = "kernel-not-fetched" } = more;
  return {
    ...{ kind, subject, cause, key: `${kind} ${subject} ${cause}`, atMs: START_MS, hosts: [subject] },
    ...{ text: NOT_FETCHED.what, cure: NOT_FETCHED.cure, ...more },
  };
}

export function target(more: Partial<Target> = {}): Target {
  return { name: "program", format: "json", url: "http://127.0.0.1:1/hook", events: [], ...more };
}
