/** Rollouts for tests: a small fleet, what it is told, and what becomes of it. */

import type { Generation } from "../../src/boot/generation.ts";
import type { Host, HostName } from "../../src/boot/host.ts";
import { type Choice, chooseGeneration, placeToTake } from "../../src/boot/rollout/choose-generation.ts";
import { DEFAULT_POLICY, type RolloutPolicy } from "../../src/boot/rollout/policy.ts";
import { type Member, NO_ROLLOUTS, type Rollouts } from "../../src/boot/rollout/rollout.ts";
import type { RolloutEffect, RolloutEvent, RolloutNews } from "../../src/boot/rollout/rollout-event.ts";
import { rolloutStep } from "../../src/boot/rollout/rollout-step.ts";
import { apply, type Snapshot } from "../../src/boot/snapshot.ts";
import { BETA, GENERATION, snapshotOf } from "./worlds.ts";

export const MINUTE = 60_000;

export function generationOf(id: string): Generation {
  return { ...GENERATION, id };
}

export interface Fleet {
  nowMs: number;
  rollouts: Rollouts;
  readonly news: RolloutNews[];
  readonly hosts: readonly Host[];
  snapshot(): Snapshot;
  feed(event: RolloutEvent): readonly RolloutEffect[];
  publish(host: HostName, id: string): void;
  /** A machine asks for its script, as the shell has it: it takes its place first. */
  ask(host: HostName, mac: string): string | undefined;
  choose(host: HostName, mac?: string): Choice;
  /** It has all files. */
  fetches(mac: string, id: string): void;
  checksIn(host: HostName, mac: string, id: string, faults?: readonly string[]): void;
  /**
   * The server was killed and is back, and tells its last reports again.
   *
   * @param rollouts - what it has read
   * @returns what they were before those
   */
  restart(rollouts?: Rollouts): Rollouts;
  later(ms: number): void;
}

/** Reports that came just before a server was killed, as it sees it. */
const MAX_AGAIN = 8;

export interface FleetHost {
  readonly name: HostName;
  readonly group?: string;
  readonly machines?: number;
}

export function createFleet(
  hosts: readonly FleetHost[],
  policy: Partial<RolloutPolicy> = {},
  local = { day: 1, minute: 600 },
): Fleet {
  const table = hosts.map(({ name }) => ({ ...BETA, name, image: name, macs: [] }));
  const members = new Map<HostName, Member>(
    hosts.map(({ name, group, machines = 1 }) => [
      name,
      {
        scope: group === undefined ? `host:${name}` : `group:${group}`,
        policy: { ...DEFAULT_POLICY, ...policy },
        machines,
      },
    ]),
  );
  let snapshot = snapshotOf(table);
  const reports: RolloutEvent[] = [];
  const fleet: Fleet = {
    nowMs: 1_000_000,
    rollouts: NO_ROLLOUTS,
    news: [],
    hosts: table,
    snapshot: () => ({ ...snapshot, rollouts: fleet.rollouts }),
    feed(event) {
      const [next, effects] = rolloutStep(fleet.rollouts, event, fleet.nowMs);
      fleet.rollouts = next;
      for (const effect of effects) if (effect.type === "tell") fleet.news.push(effect.news);
      return effects;
    },
    publish(image, id) {
      snapshot = apply(snapshot, [{ type: "published", image, generation: generationOf(id) }]);
      fleet.feed({ type: "published", host: image, generation: id });
    },
    ask(host, mac) {
      if (placeToTake(fleet.rollouts, host, mac) !== undefined) fleet.feed({ type: "taken", host, mac });
      const id = fleet.choose(host, mac).generation?.id;
      if (id !== undefined) fleet.feed({ type: "given", host, mac, generation: id });
      return id;
    },
    choose(name, mac) {
      const host = table.find((each) => each.name === name);
      if (host === undefined) throw new Error(`no host ${name}`);
      return chooseGeneration(host, mac, fleet.snapshot());
    },
    fetches(mac, id) {
      fleet.feed({ type: "fetching", mac, generation: id });
      fleet.feed({ type: "handed-over", mac, generation: id });
    },
    checksIn(host, mac, id, faults = []) {
      const bootId = reports.length.toString(16).padStart(16, "0");
      const report = { type: "checked-in", bootId, host, mac, generation: id, faults } as const;
      reports.push(report);
      fleet.feed(report);
    },
    restart(rollouts = fleet.rollouts) {
      fleet.rollouts = rollouts;
      fleet.feed({ type: "resumed" });
      const resumed = fleet.rollouts;
      for (const report of reports.slice(-MAX_AGAIN)) fleet.feed(report);
      return resumed;
    },
    later(ms) {
      fleet.nowMs += ms;
      fleet.feed({ type: "ticked", local });
    },
  };
  fleet.feed({ type: "configured", members });
  fleet.feed({ type: "ticked", local });
  return fleet;
}
