/**
 * Who of a group may restart now, as a state machine without I/O: so many at a time, in the order in which
 * they asked, and nobody more after one that did not come back.
 *
 * A turn begins when a machine is told to go and ends when what it then booted has checked in. It counts
 * against the others for a limited time. A machine that did not come back in it holds the others off the
 * generation that it went for, until that has come up on any machine of the group.
 */

import type { Mac } from "../../wire/net/mac.ts";
import type { GenerationId } from "../generation.ts";
import type { GroupName, HostName } from "../host.ts";

/** What has to be kept: a machine was told to go. */
export interface Turn {
  readonly mac: Mac;
  readonly host: HostName;
  /** Absent: of all machines that are of no group. */
  readonly group?: GroupName;
  /** What it restarts into. */
  readonly generation: GenerationId;
  /** Milliseconds since the epoch. */
  readonly grantedMs: number;
  /** When the machine was seen running on as before, after its time was over. */
  readonly missedMs?: number;
}

/** A machine that was told to wait. */
interface Waiting {
  readonly group: GroupName | undefined;
  readonly lastMs: number;
}

export interface Turns {
  readonly given: ReadonlyMap<Mac, Turn>;
  /** In the order in which they asked first. Not kept: they ask again. */
  readonly waiting: ReadonlyMap<Mac, Waiting>;
}

export const NO_TURNS: Turns = { given: new Map(), waiting: new Map() };

export type TurnEvent =
  /** A machine that runs another generation than it should asks whether it may restart. */
  | {
      readonly type: "asked";
      readonly mac: Mac;
      readonly host: HostName;
      readonly group: GroupName | undefined;
      readonly generation: GenerationId;
      /** How many of its group may restart at the same time; 0: none. */
      readonly max: number;
      readonly atMs: number;
    }
  /** What a machine booted has checked in. */
  | {
      readonly type: "up";
      /** When it said so: a server that was killed tells its last ones once more when it is back. */
      readonly reportedMs: number;
      readonly mac: Mac;
      readonly group: GroupName | undefined;
      readonly generation: GenerationId;
      readonly atMs: number;
    }
  /** The wall clock was set; by how many milliseconds, which are no time that has passed. */
  | { readonly type: "clock-set"; readonly byMs: number };

/**
 * Why a machine waits.
 *
 * - `others`: as many as may are restarting
 * - `queue`: others asked before
 * - `lost`: one did not come back with this generation
 * - `missed`: it had its turn a while ago, and runs as before
 * - `never`: none of its group restarts by itself
 */
export type TurnWait =
  | { readonly type: "others"; readonly restarting: readonly HostName[] }
  | { readonly type: "queue"; readonly ahead: number }
  | { readonly type: "lost"; readonly host: HostName }
  | { readonly type: "missed" }
  | { readonly type: "never" };

export type TurnEffect =
  | { readonly type: "keep"; readonly turn: Turn }
  | { readonly type: "forget"; readonly turn: Turn }
  /** The answer to who asked; a turn that is kept must be on the disk before. */
  | { readonly type: "go"; readonly turn: Turn }
  | { readonly type: "wait"; readonly reason: TurnWait };

export type TurnStep = readonly [Turns, readonly TurnEffect[]];

/** Longer than any boot and its check-in. */
export const TURN_MS = 20 * 60_000;
/** Who does not ask for so long does not wait any more. */
export const PATIENCE_MS = 30 * 60_000;
/** After a turn that came to nothing, before the next one. */
export const RETRY_MS = 60 * 60_000;

/** Advances the turns by one event. Pure: same arguments, same answer. */
export function turnStep(turns: Turns, event: TurnEvent): TurnStep {
  switch (event.type) {
    case "asked":
      return ask(turns, event);
    case "up":
      return comeUp(turns, event);
    case "clock-set":
      return moveClock(turns, event.byMs);
  }
}

type Asked = Extract<TurnEvent, { type: "asked" }>;

function ask(turns: Turns, asked: Asked): TurnStep {
  const { mac, host, group, generation, max, atMs } = asked;
  const own = turns.given.get(mac);
  if (own !== undefined && isRunning(own, atMs)) return goOn(turns, own, asked);
  // It runs as before: it holds nobody off any more.
  const missed =
    own === undefined || own.missedMs !== undefined ? own : ({ ...own, missedMs: atMs } satisfies Turn);
  const kept: TurnEffect[] = missed === own || missed === undefined ? [] : [{ type: "keep", turn: missed }];
  const given = missed === own || missed === undefined ? turns.given : new Map(turns.given).set(mac, missed);
  const wait = (reason: TurnWait, waiting = turns.waiting): TurnStep => [
    { given, waiting },
    [...kept, { type: "wait", reason }],
  ];

  if (max < 1) return wait({ type: "never" });
  if (missed?.generation === generation && atMs - (missed.missedMs ?? atMs) < RETRY_MS)
    return wait({ type: "missed" });
  const others = [...given.values()].filter((turn) => turn.group === group && turn.mac !== mac);
  const lost = others.find((turn) => turn.generation === generation && isLost(turn, atMs));
  if (lost !== undefined) return wait({ type: "lost", host: lost.host });
  const running = others.filter((turn) => isRunning(turn, atMs));
  const waiting = queue(turns, asked);
  if (running.length >= max)
    return wait({ type: "others", restarting: running.map((turn) => turn.host) }, waiting);
  const ahead = [...waiting].filter(([, each]) => each.group === group).findIndex(([each]) => each === mac);
  if (ahead >= max - running.length) return wait({ type: "queue", ahead }, waiting);

  const turn: Turn = { mac, host, generation, grantedMs: atMs, ...(group === undefined ? {} : { group }) };
  const left = new Map(waiting);
  left.delete(mac);
  return [
    { given: new Map(given).set(mac, turn), waiting: left },
    [
      { type: "keep", turn },
      { type: "go", turn },
    ],
  ];
}

/** It has its turn already: the answer was lost, or it takes a while to begin. */
function goOn(turns: Turns, own: Turn, { generation }: Asked): TurnStep {
  if (own.generation === generation) return [turns, [{ type: "go", turn: own }]];
  const turn = { ...own, generation };
  return [
    { ...turns, given: new Map(turns.given).set(own.mac, turn) },
    [
      { type: "keep", turn },
      { type: "go", turn },
    ],
  ];
}

/** Who waits, without those who ask no more, and with the one who asks now. */
function queue({ waiting }: Turns, { mac, group, atMs }: Asked): ReadonlyMap<Mac, Waiting> {
  const patient = [...waiting].filter(([each, { lastMs }]) => each === mac || atMs - lastMs < PATIENCE_MS);
  return new Map(patient).set(mac, { group, lastMs: atMs });
}

function comeUp(turns: Turns, event: Extract<TurnEvent, { type: "up" }>): TurnStep {
  const given = new Map(turns.given);
  const effects: TurnEffect[] = [];
  for (const turn of turns.given.values()) {
    const after = afterUp(turn, event);
    if (after === turn) continue;
    if (after === undefined) given.delete(turn.mac);
    else given.set(turn.mac, after);
    effects.push(after === undefined ? { type: "forget", turn } : { type: "keep", turn: after });
  }
  return effects.length === 0 ? [turns, []] : [{ ...turns, given }, effects];
}

/** What becomes of a turn; `undefined`: it is over. */
function afterUp(
  turn: Turn,
  { mac, group, generation, reportedMs, atMs }: Extract<TurnEvent, { type: "up" }>,
): Turn | undefined {
  // That was the boot before the one that it was sent into.
  if (reportedMs < turn.grantedMs) return turn;
  const isSame = turn.generation === generation;
  // With another generation it has not got where it went: it is not sent there again at once.
  if (turn.mac === mac) return isSame ? undefined : { ...turn, missedMs: atMs };
  return isSame && turn.group === group && isLost(turn, atMs) ? undefined : turn;
}

/** No turn is shorter or longer by it, and no report of its own is older than it. */
function moveClock({ given, waiting }: Turns, byMs: number): TurnStep {
  const moved = Array.from(given.values(), ({ grantedMs, missedMs, ...turn }): Turn => {
    const missed = missedMs === undefined ? {} : { missedMs: missedMs + byMs };
    return { ...turn, grantedMs: grantedMs + byMs, ...missed };
  });
  const patience = Array.from(
    waiting,
    ([mac, each]) => [mac, { ...each, lastMs: each.lastMs + byMs }] as const,
  );
  return [
    { given: new Map(moved.map((turn) => [turn.mac, turn])), waiting: new Map(patience) },
    moved.map((turn) => ({ type: "keep", turn })),
  ];
}

function isRunning({ grantedMs, missedMs }: Turn, atMs: number): boolean {
  return missedMs === undefined && atMs - grantedMs < TURN_MS;
}

/** Its time is over, and it was neither seen as it was before nor as it should be. */
function isLost(turn: Turn, atMs: number): boolean {
  return turn.missedMs === undefined && !isRunning(turn, atMs);
}
