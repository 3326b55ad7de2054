/** What the script tells of a boot: which generation it is of, or that there is nothing for the machine. */

import type { BootDecision } from "../decide.ts";
import type { BootEvent } from "../event.ts";
import { wantedFiles } from "./boot-files.ts";
import {
  addStep,
  extendLast,
  type LiveSession,
  reach,
  type SessionResult,
  tell,
  withFacts,
} from "./live-session.ts";
import type { Session } from "./session.ts";
import { begin, isAnew, type SessionMeans, supersede } from "./session-begin.ts";
import { withClient } from "./session-client.ts";
import { hostOf, isStranger, withAddress } from "./session-dhcp.ts";

type EventOf<T extends BootEvent["type"]> = Extract<BootEvent, { type: T }>;
type Script = Extract<BootDecision, { type: "script" }>;

export function scriptStep(
  live: LiveSession | undefined,
  event: EventOf<"script">,
  atMs: number,
  means: SessionMeans,
): SessionResult {
  const { client, decision, peer } = event;
  const isKexec = event.via === "kexec";
  // It runs on as it is.
  if (isKexec && decision.type !== "script") return [live, []];
  const isNew = live === undefined || isKexec || isFirst(live, event, atMs);
  const ended = isNew ? supersede(live, atMs) : [];
  if (isNew && isStranger(decision)) return [undefined, ended];
  const from = isNew ? begin(client.mac, "ipxe", atMs, means, isKexec ? "kexec" : "netboot") : live;
  const known = withAddress(withClient(reach(from, "ipxe"), client), peer.address, atMs);
  const after =
    decision.type === "script" ? given(known, event, decision, atMs) : turnAway(known, decision, atMs);
  return [after, [...ended, ...tell(isNew ? undefined : from, after)]];
}

/** Whether the script is the first thing that is seen of a boot: DHCP may be another server's. */
function isFirst(live: LiveSession, { wait, attempt }: EventOf<"script">, atMs: number): boolean {
  // It says itself that it goes on.
  if (wait !== undefined || attempt !== undefined) return false;
  return isAnew(live, "ipxe", atMs);
}

function given(
  live: LiveSession,
  { bootId }: EventOf<"script">,
  { host, generation }: Script,
  atMs: number,
): LiveSession {
  const { session } = live;
  const step = { stage: "script", startMs: atMs, endMs: atMs } as const;
  const facts: Partial<Session> = {
    host: host.name,
    generation: generation.id,
    scripts: session.scripts + 1,
    outcome: "under-way",
    ...(bootId === undefined ? {} : { bootId }),
  };
  // A script that is asked for again starts its files over.
  return { ...withFacts(addStep(live, step), facts, atMs), phase: "script", wanted: wantedFiles(generation) };
}

/** It asks again every few seconds, which is one step. */
function turnAway(live: LiveSession, decision: BootDecision, atMs: number): LiveSession {
  const { outcome } = live.session;
  const note =
    decision.type === "silent" || decision.type === "refused"
      ? decision.reason
      : decision.type === "stranger"
        ? `${decision.type}: ${decision.policy}`
        : undefined;
  const told = extendLast(live, "script", atMs, note);
  const host = hostOf(decision);
  const named = host === undefined ? told : withFacts(told, { host }, atMs);
  const isBooted = outcome === "handed-over" || outcome === "checked-in";
  return isBooted ? named : withFacts(named, { outcome: "turned-away" }, atMs);
}
