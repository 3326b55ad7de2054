/**
 * What events make of the state. Pure.
 *
 * Events come by the hundred when a rack boots: a batch copies each table once, whatever is in it.
 */

import type { PublicEvent, PublicEventOf } from "../../../src/web/schema/events.ts";
import type { HostView, LastBootView } from "../../../src/web/schema/hosts.ts";
import type { SessionView } from "../../../src/web/schema/sessions.ts";
import { withCount, withProgress } from "./progress.ts";
import type { Boot, Loaded, State } from "./state.ts";

/** Boots that are over and of which more is shown than lists can ask for. */
const MAX_OVER = 1000;

/** The state after some events, in their order; the same one when nothing of it is other. */
export function step(state: State, events: readonly PublicEvent[]): State {
  const draft = draftOf(state);
  for (const event of events) take(draft, event);
  return draft.isOther ? finished(draft) : state;
}

/** The state when everything was loaded anew; what was heard of boots that are over stays. */
export function loaded(state: State, { status, hosts, boots }: Loaded): State {
  const over = [...state.boots].filter(([, { outcome }]) => outcome !== "under-way");
  return {
    ...state,
    status,
    hosts: new Map(hosts.map((host) => [host.name, host])),
    boots: new Map([...over, ...boots.map((boot) => [boot.id, boot] as const)]),
    underWay: new Map(boots.map(({ mac, id }) => [mac, id])),
    stale: new Set(),
    isAllStale: false,
    loads: state.loads + 1,
    resumptions: state.resumptions + (state.loads === 0 ? 0 : 1),
    machinesVersion: state.machinesVersion + 1,
    generationsVersion: state.generationsVersion + 1,
  };
}

/** The connection came back, and goes on where it was. */
export function resumed(state: State): State {
  return { ...state, connection: "live", resumptions: state.resumptions + 1 };
}

/** Differences below it may be the way here. */
const ONE_CLOCK_MS = 1000;

/**
 * The state when the server has said what time it is.
 *
 * @param nowMs - by the clock of who looks
 */
export function clockHeard(
  state: State,
  { type, at }: Pick<PublicEventOf<"hello" | "alive">, "type" | "at">,
  nowMs: number,
): State {
  const aheadMs = nowMs - Date.parse(at);
  const moreMs = aheadMs - state.aheadMs;
  // A machine that slept takes up what had come before.
  const isLate = type === "alive" && moreMs > 0;
  return isLate || Math.abs(moreMs) < ONE_CLOCK_MS ? state : { ...state, aheadMs };
}

/** What is stale is on its way. */
export function asked(state: State): State {
  return { ...state, stale: new Set(), isAllStale: false };
}

/** What was on its way did not come: it is stale as before. @param names - of hosts; `all`: of every one */
export function notAnswered(state: State, names: readonly string[] | "all"): State {
  if (names === "all") return { ...state, isAllStale: true };
  return { ...state, stale: new Set([...state.stale, ...names]) };
}

/**
 * Some hosts as they are now; `gone`: names that there are none of any more.
 *
 * What was heard of their boots may be newer than the answer.
 */
export function refreshed(state: State, hosts: readonly HostView[], gone: readonly string[] = []): State {
  const next = new Map(state.hosts);
  for (const host of hosts) next.set(host.name, withNewer(host, state.hosts?.get(host.name)));
  for (const name of gone) next.delete(name);
  return { ...state, hosts: next };
}

function withNewer(answer: HostView, known: HostView | undefined): HostView {
  const [told, heard] = [answer.lastBoot, known?.lastBoot];
  if (heard === undefined) return answer;
  const isNewer =
    told === undefined || heard.id > told.id || (heard.id === told.id && heard.last > told.last);
  if (!isNewer) return answer;
  const lastSeen = [answer.lastSeen ?? "", known?.lastSeen ?? heard.last].sort().at(-1);
  return { ...answer, lastBoot: heard, ...(lastSeen === undefined ? {} : { lastSeen }) };
}

/** The state while a batch is taken: its tables are copies, made when the first event of a batch wants them. */
interface Draft {
  readonly before: State;
  isOther: boolean;
  hosts: Map<string, HostView>;
  boots: Map<string, Boot>;
  underWay: Map<string, string>;
  stale: Set<string>;
  isAllStale: boolean;
  machinesVersion: number;
  generationsVersion: number;
}

function draftOf(before: State): Draft {
  const { isAllStale, machinesVersion, generationsVersion } = before;
  return {
    ...{ before, isOther: false, isAllStale, machinesVersion, generationsVersion },
    hosts: new Map(before.hosts),
    boots: new Map(before.boots),
    underWay: new Map(before.underWay),
    stale: new Set(before.stale),
  };
}

function finished({ before, isOther: _, hosts, boots, ...rest }: Draft): State {
  return {
    ...before,
    ...rest,
    boots: withoutOldest(boots),
    ...(before.hosts === undefined ? {} : { hosts }),
  };
}

function take(draft: Draft, event: PublicEvent): void {
  switch (event.type) {
    case "session":
      takeSession(draft, event);
      break;
    case "progress":
      takeProgress(draft, event);
      break;
    case "diagnosed":
      takeDiagnosis(draft, event);
      break;
    case "published":
    case "withdrawn":
    case "trouble":
      // Whose image it is only the server knows: several hosts may have the same.
      draft.isAllStale = true;
      draft.generationsVersion += 1;
      break;
    case "hosts":
      draft.isAllStale = true;
      draft.machinesVersion += 1;
      draft.generationsVersion += 1;
      break;
    case "rollout":
      for (const host of event.hosts) draft.stale.add(host);
      draft.generationsVersion += 1;
      break;
    case "build":
    case "dropped":
      draft.generationsVersion += 1;
      break;
    case "approved":
    case "unapproved":
      draft.stale.add(event.host);
      draft.machinesVersion += 1;
      break;
    default:
      return;
  }
  draft.isOther = true;
}

function takeSession(draft: Draft, { session, change }: PublicEventOf<"session">): void {
  const before = draft.boots.get(session.id);
  const row = rowOf(session);
  const lastBoot = session.host === undefined ? undefined : draft.hosts.get(session.host)?.lastBoot;
  const loadedBoot = lastBoot?.id === session.id ? lastBoot : undefined;
  const known = before?.diagnosis ?? loadedBoot?.diagnosis;
  const diagnosis = hasComeOn(before ?? loadedBoot, row) ? undefined : known;
  const boot = withCount({ ...row, ...(diagnosis === undefined ? {} : { diagnosis }) }, before);
  draft.boots.set(session.id, boot);
  if (session.outcome === "under-way") draft.underWay.set(session.mac, session.id);
  else if (draft.underWay.get(session.mac) === session.id) draft.underWay.delete(session.mac);
  if (change === "began") draft.machinesVersion += 1;
  toHost(draft, boot, session);
}

/**
 * What kept it where it stood is over then; the server's list of hosts judges by the same.
 *
 * @param before - a host's last boot tells no stage
 */
function hasComeOn(before: Boot | LastBootView | undefined, after: Boot): boolean {
  if (before === undefined) return false;
  const isFurther = "via" in before && before.step?.stage !== after.step?.stage;
  return isFurther || (before.outcome !== after.outcome && after.outcome !== "failed");
}

function rowOf(session: SessionView): Boot {
  const { facts: _facts, checkIn: _checkIn, otherServers: _servers, steps, ...row } = session;
  const last = steps.at(-1);
  return { ...row, steps, ...(last === undefined ? {} : { step: last }) };
}

/** What a boot says of its host, unless a later one has said more. */
function toHost({ hosts, stale, before }: Draft, boot: Boot, { checkIn }: SessionView): void {
  if (boot.host === undefined || before.hosts === undefined) return;
  const host = hosts.get(boot.host);
  if (host === undefined) {
    stale.add(boot.host);
    return;
  }
  if (host.lastBoot !== undefined && host.lastBoot.id > boot.id) return;
  const { id, mac, outcome, start, last, fetchedAfterMs, address, generation, diagnosis } = boot;
  const missing = [
    ...(checkIn?.failedUnits ?? []),
    ...(checkIn?.missingMounts ?? []),
    ...(checkIn?.missingFiles ?? []),
  ];
  // What the system says of itself, else what is known of what it was given.
  const nixos = checkIn?.nixos ?? nixosOf(host, generation);
  const lastBoot: LastBootView = {
    ...{ id, mac, outcome, start, last },
    ...(fetchedAfterMs === undefined ? {} : { fetchedAfterMs }),
    ...(address === undefined ? {} : { address }),
    ...(generation === undefined ? {} : { generation }),
    ...(nixos === undefined ? {} : { nixos }),
    ...(checkIn?.kernel === undefined ? {} : { kernel: checkIn.kernel }),
    ...(missing.length === 0 ? {} : { missing }),
    ...(diagnosis === undefined ? {} : { diagnosis: { code: diagnosis.code, what: diagnosis.what } }),
  };
  hosts.set(host.name, { ...host, lastSeen: last, lastBoot });
}

function nixosOf({ generation: next, lastBoot }: HostView, id: string | undefined): string | undefined {
  if (id === undefined) return undefined;
  return next?.id === id ? next.nixos : lastBoot?.generation === id ? lastBoot.nixos : undefined;
}

function takeProgress({ boots, underWay }: Draft, event: PublicEventOf<"progress">): void {
  const id = event.mac === undefined ? undefined : underWay.get(event.mac);
  const boot = id === undefined ? undefined : boots.get(id);
  if (boot !== undefined) boots.set(boot.id, withProgress(boot, event));
}

function takeDiagnosis({ boots, hosts }: Draft, event: PublicEventOf<"diagnosed">): void {
  const { boot: id, diagnosis } = event;
  const boot = boots.get(id);
  if (boot !== undefined) boots.set(id, { ...boot, diagnosis });
  const host = event.host === undefined ? undefined : hosts.get(event.host);
  if (host?.lastBoot?.id !== id) return;
  const { code, what } = diagnosis;
  hosts.set(host.name, { ...host, lastBoot: { ...host.lastBoot, diagnosis: { code, what } } });
}

function withoutOldest(boots: Map<string, Boot>): ReadonlyMap<string, Boot> {
  const surplus = boots.size - 2 * MAX_OVER;
  if (surplus <= 0) return boots;
  const over = [...boots.values()].filter(({ outcome }) => outcome !== "under-way");
  const oldest = over.map(({ id }) => id).sort();
  for (const id of oldest.slice(0, Math.max(0, oldest.length - MAX_OVER))) boots.delete(id);
  return boots;
}
