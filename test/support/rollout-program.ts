/**
 * Rollouts, history and check-ins of a server, as a program that a test kills at any moment.
 *
 * Its argument is the folder. It reads a JSON line for each thing to do, and prints one when that is
 * acknowledged, as a server would: `{"n": …, …}`. The first line is what it found on the disk.
 */

import { createInterface } from "node:readline";
import type { BootClient } from "../../src/boot/client.ts";
import { decide } from "../../src/boot/decide.ts";
import { DEFAULT_POLICY } from "../../src/boot/rollout/policy.ts";
import type { RolloutCommand } from "../../src/boot/rollout/rollout-event.ts";
import type { Change } from "../../src/boot/snapshot.ts";
import { openCheckIns } from "../../src/io/check-in/check-ins.ts";
import { startHistory } from "../../src/io/history/history.ts";
import { startRollouts } from "../../src/io/rollouts/rollouts.ts";
import { openStore } from "../../src/io/store/sqlite-store.ts";
import { createWorld, whenPrepared } from "../../src/io/world.ts";
import { generationOf } from "./rollouts.ts";
import { BETA } from "./worlds.ts";

/** What the test wants done. */
export type Order =
  | { readonly type: "publish"; readonly id: string }
  | { readonly type: "boot"; readonly mac: string }
  | { readonly type: "report"; readonly token: string }
  | { readonly type: "pin"; readonly host: string; readonly id: string }
  | { readonly type: "unpin" | "rollback"; readonly host: string }
  | { readonly type: "hold" | "release" };

/** What was on the disk, or what was acknowledged. */
export interface Told {
  readonly n?: number;
  /** What a machine is told to boot, and the token of that boot. */
  readonly id?: string;
  readonly token?: string;
  /** Its number in the history. */
  readonly number?: number;
  readonly refused?: string;
  /** By host: what it is pinned to. */
  readonly pins?: Readonly<Record<string, string>>;
  readonly isHeld?: boolean;
  /** By any host. */
  readonly proven?: readonly string[];
  /** Something was known to be good before the reports were looked at that came last. */
  readonly hasGood?: boolean;
  /** By the ids that were published last. */
  readonly numbers?: Readonly<Record<string, number>>;
}

export const ROLLOUT_HOSTS = ["alpha", "beta", "gamma"] as const;
export const macOf = (host: string) => `52:54:00:00:00:0${1 + ROLLOUT_HOSTS.indexOf(host as "alpha")}`;
const GROUP = { scope: "group:nodes", hosts: ROLLOUT_HOSTS } as const;
const MANY = 20;
const PEER = { address: "127.0.0.1", port: 1 };

async function serve(folder: string, ids: readonly string[]): Promise<void> {
  const store = await openStore(folder);
  const world = createWorld();
  const history = startHistory({ world, store });
  const rollouts = await startRollouts({ world, store });
  const hasGood = [...world.snapshot().rollouts.tracks.values()].some(({ proven }) => proven.length > 0);
  const rollout = { ...DEFAULT_POLICY, strategy: "canary", canaries: 1, checkIn: true } as const;
  const hosts = ROLLOUT_HOSTS.map((name) => ({
    ...BETA,
    name,
    image: name,
    macs: [macOf(name)],
    group: "nodes",
    rollout,
  }));
  const publish = (id: string): Change[] =>
    ROLLOUT_HOSTS.map((image) => ({ type: "published", image, generation: generationOf(id) }));
  world.change([{ type: "hosts", hosts }, ...ids.flatMap(publish)]);
  const last = ids.at(-1);
  // As images are looked at when a server starts.
  if (last !== undefined)
    for (const image of ROLLOUT_HOSTS)
      world.record({ type: "published", image, generation: generationOf(last) });
  const checkIns = await openCheckIns({ world, store, whose: () => undefined });
  checkIns.resume();

  async function carryOut(order: Order): Promise<Told> {
    switch (order.type) {
      case "publish": {
        world.change(publish(order.id));
        for (const image of ROLLOUT_HOSTS)
          world.record({ type: "published", image, generation: generationOf(order.id) });
        const number = (await history.find("alpha", order.id))?.number;
        return number === undefined ? {} : { number };
      }
      case "boot": {
        const client: BootClient = { mac: order.mac, stage: "ipxe" };
        return whenPrepared(world, { client }, () => {
          const decision = decide(client, world.snapshot());
          if (decision.type !== "script") return {};
          const { host, generation } = decision;
          const { bootId, checkIn = "" } = checkIns.beginBoot({ mac: order.mac, host, generation });
          world.record({ type: "script", peer: PEER, client, decision, bootId });
          return { id: generation.id, token: checkIn };
        });
      }
      case "report": {
        const body = {
          type: "whole",
          bytes: new Uint8Array(),
          contentType: "application/x-www-form-urlencoded",
        } as const;
        const refused = await checkIns.take(order.token, PEER, async () => body);
        return refused === undefined ? {} : { refused };
      }
      default: {
        const verdict = await rollouts.command(commandOf(order));
        return verdict.type === "refused" ? { refused: verdict.reason } : {};
      }
    }
  }

  const { tracks, held } = world.snapshot().rollouts;
  const pins = Object.fromEntries(
    [...tracks].flatMap(([name, { pin }]) => (pin === undefined ? [] : [[name, pin]])),
  );
  const numbers: Record<string, number> = {};
  for (const id of ids.slice(-MANY)) {
    const record = await history.find("alpha", id);
    if (record !== undefined) numbers[id] = record.number;
  }
  const proven = [...tracks.values()].flatMap((track) => track.proven);
  console.log(JSON.stringify({ pins, isHeld: held.has(GROUP.scope), proven, hasGood, numbers }));
  for await (const line of createInterface({ input: process.stdin })) {
    const { n, order }: { n: number; order: Order } = JSON.parse(line);
    void carryOut(order).then((told) => console.log(JSON.stringify({ n, ...told })));
  }
}

function commandOf(order: Exclude<Order, { type: "publish" | "boot" | "report" }>): RolloutCommand {
  switch (order.type) {
    case "pin":
      return { type: "pin", pins: new Map([[order.host, order.id]]) };
    case "unpin":
    case "rollback":
      return { type: order.type, hosts: [order.host] };
    case "hold":
    case "release":
      return { type: order.type, ...GROUP };
  }
}

if (import.meta.main) await serve(process.argv[2] ?? "", JSON.parse(process.argv[3] ?? "[]"));
