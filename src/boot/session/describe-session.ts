/** One line for what became of a boot. Pure. */

import type { Description } from "../description.ts";
import type { BootEvent } from "../event.ts";
import { type CheckIn, isWell } from "./check-in.ts";

type EventOf<T extends BootEvent["type"]> = Extract<BootEvent, { type: T }>;

export function describeCheckIn({ mac, host, generation, checkIn }: EventOf<"checked-in">): Description {
  const who = host === undefined ? mac : `${host} (${mac})`;
  const faults = describeFaults(checkIn);
  return faults === ""
    ? { level: "info", text: `${who} is up with ${generation}` }
    : { level: "warn", text: `${who} is up with ${generation}, but ${faults}` };
}

/** What a node misses, in words; empty where all is well. */
export function describeFaults(checkIn: CheckIn): string {
  if (isWell(checkIn)) return "";
  const { failedUnits, missingMounts, missingFiles } = checkIn;
  const told: readonly (readonly [readonly string[], string])[] = [
    [failedUnits, "has failed"],
    [missingMounts, "is not mounted"],
    [missingFiles, "is not there"],
  ];
  return told.flatMap(([names, what]) => names.map((name) => `${name} ${what}`)).join(", ");
}

/** For whoever looks closely: everything of it was told when it happened. */
export function describeSession({ change, session }: EventOf<"session">): Description {
  const { id, mac, host, outcome } = session;
  return { level: "debug", text: `boot ${id} of ${host ?? mac} ${change}: ${outcome}` };
}

export function describeDiagnosis(event: EventOf<"diagnosed">): Description {
  const { session, mac, host, repeated, diagnosis } = event;
  const { code, what, cure } = diagnosis;
  const who = host === undefined ? mac : `${host} (${mac})`;
  const level = repeated === true ? "debug" : "warn";
  return { level, text: `${who}: ${what} (${code}, boot ${session}); ${cure}` };
}

export function describeOverheard({
  mac,
  client,
  request,
  address,
  interface: on,
}: EventOf<"overheard">): Description {
  const who = client === undefined ? "a system that runs" : client.stage;
  const what = address === undefined ? "" : ` for ${address}`;
  return { level: "debug", text: `${mac} (${who}) ${request}${what} on ${on}: not ours to answer` };
}
