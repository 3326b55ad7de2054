/** Keeps whose turn it is to restart: a machine is told to go when that is on the disk. */

import { z } from "zod";
import type { Generation } from "../../boot/generation.ts";
import type { Host } from "../../boot/host.ts";
import {
  NO_TURNS,
  type Turn,
  type TurnEffect,
  type TurnEvent,
  type Turns,
  type TurnWait,
  turnStep,
} from "../../boot/kexec/turns.ts";
import type { Mac } from "../../wire/net/mac.ts";
import type { Store } from "../store/store.ts";
import { watchWallClock } from "../wall-clock.ts";
import type { World } from "../world.ts";

export interface TurnBook {
  /** @returns why it is not this machine's turn; `undefined` if it is, which is on the disk then */
  ask(wish: TurnWish): Promise<TurnWait | "unkept" | undefined>;
  /** Ends the turn of a machine that did not go after all. Resolves when that is on the disk, or cannot be. */
  giveBack(mac: Mac): Promise<void>;
  close(): void;
}

export interface TurnWish {
  readonly mac: Mac;
  readonly host: Host;
  readonly generation: Generation;
}

export interface TurnBookParts {
  readonly world: World;
  readonly store: Store;
  /** How many of a group, or of those without one, may restart at the same time. */
  readonly maxRebooting: (group: string | undefined) => number;
  /** Milliseconds since the epoch. */
  readonly nowMs?: () => number;
  /** Milliseconds of a clock that only goes forward; where only `nowMs` is given, that one does. */
  readonly steadyNowMs?: () => number;
}

/** Under which kind the store has them, by MAC address. */
export const TURN_KIND = "kexec-turn";

const stored = z.object({
  host: z.string(),
  group: z.string().optional(),
  generation: z.string(),
  grantedMs: z.number(),
  missedMs: z.number().optional(),
});

export async function openTurnBook({
  world,
  store,
  maxRebooting,
  nowMs,
  steadyNowMs,
}: TurnBookParts): Promise<TurnBook> {
  let turns = await loadTurns(store);
  const clock = watchWallClock({ now: nowMs, steadyNow: steadyNowMs });
  function step(event: TurnEvent): readonly TurnEffect[] {
    const [next, effects] = turnStep(turns, event);
    turns = next;
    return effects;
  }
  async function keep(effects: readonly TurnEffect[]): Promise<boolean> {
    const entries = effects.flatMap((effect) =>
      effect.type === "keep" || effect.type === "forget" ? [entryOf(effect)] : [],
    );
    if (entries.length === 0) return true;
    return store.put(entries).then(
      () => true,
      () => false,
    );
  }
  /** The time, after what the turns know of it was set as the clock was. */
  function catchUp(): number {
    const byMs = clock.setByMs();
    if (byMs !== 0) void keep(step({ type: "clock-set", byMs }));
    return clock.now();
  }
  const stop = world.subscribe((event) => {
    if (event.type !== "checked-in") return;
    const atMs = catchUp();
    const { mac, host, generation, checkIn } = event;
    const group = groupOf(host === undefined ? undefined : world.snapshot().hosts.get(host));
    const effects = step({ type: "up", mac, group, generation, reportedMs: checkIn.atMs, atMs });
    tellOver(world, effects);
    // What cannot be forgotten now holds a place after a restart, until its time is over.
    void keep(effects);
  });
  return {
    async ask({ mac, host, generation }) {
      const group = host.group;
      const atMs = catchUp();
      const before = turns.given.get(mac);
      const effects = step({
        ...{ type: "asked", mac, host: host.name, group, generation: generation.id },
        ...{ max: maxRebooting(group), atMs },
      });
      const isKept = await keep(effects);
      const answer = effects.find((effect) => effect.type === "go" || effect.type === "wait");
      if (answer?.type === "wait") return answer.reason;
      if (answer === undefined) return "unkept";
      if (!isKept) {
        turns = withoutTurn(turns, answer.turn);
        return "unkept";
      }
      if (answer.turn !== before) tellBegun(world, answer.turn);
      return undefined;
    },
    async giveBack(mac) {
      const turn = turns.given.get(mac);
      if (turn === undefined) return;
      turns = withoutTurn(turns, turn);
      const over = [{ type: "forget", turn }] as const;
      tellOver(world, over);
      await keep(over);
    },
    close: stop,
  };
}

function groupOf(host: Host | undefined): string | undefined {
  return host?.group;
}

/** It was not given after all, and must not be taken for given when the machine asks again. */
function withoutTurn(turns: Turns, turn: Turn): Turns {
  if (turns.given.get(turn.mac) !== turn) return turns;
  const given = new Map(turns.given);
  given.delete(turn.mac);
  return { ...turns, given };
}

function tellBegun(world: World, { mac, host, generation }: Turn): void {
  const text = `${host} (${mac}) may restart now, into ${generation}`;
  world.record({ type: "notice", level: "info", text });
}

function tellOver(world: World, effects: readonly TurnEffect[]): void {
  for (const effect of effects) {
    if (effect.type !== "forget") continue;
    const { mac, host, generation } = effect.turn;
    const text = `the turn of ${host} (${mac}) to restart into ${generation} is over`;
    world.record({ type: "notice", level: "debug", text });
  }
}

function entryOf({ type, turn }: Extract<TurnEffect, { turn: Turn; type: "keep" | "forget" }>) {
  const { mac, ...rest } = turn;
  return { kind: TURN_KIND, key: mac, value: type === "keep" ? rest : undefined };
}

async function loadTurns(store: Store): Promise<Turns> {
  const given = new Map<Mac, Turn>();
  for (const [mac, value] of await store.load(TURN_KIND)) {
    const { data } = stored.safeParse(value);
    if (data === undefined) continue;
    const { group, missedMs, ...rest } = data;
    given.set(mac, {
      mac,
      ...rest,
      ...(group === undefined ? {} : { group }),
      ...(missedMs === undefined ? {} : { missedMs }),
    });
  }
  return { ...NO_TURNS, given };
}
