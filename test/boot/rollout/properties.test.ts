/**
 * What rollouts must never do, held against machines that behave as the generation makes them.
 *
 * The model knows the truth about each generation and what became of each machine; of the rules it knows
 * nothing. It only asks what each machine is given.
 */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RolloutPolicy } from "../../../src/boot/rollout/policy.ts";
import { isHeld, NO_ROLLOUTS, type Rollouts } from "../../../src/boot/rollout/rollout.ts";
import { rolloutStep } from "../../../src/boot/rollout/rollout-step.ts";
import { loadRollouts, recordChanges } from "../../../src/io/rollouts/rollout-record.ts";
import { createMemoryStore } from "../../../src/io/store/store.ts";
import { createFleet, type Fleet, MINUTE } from "../../support/rollouts.ts";

const RUNS = 3_000;
const HOSTS = ["alpha", "beta", "gamma"] as const;
const MACS = ["52:54:00:00:00:01", "52:54:00:00:00:02", "52:54:00:00:00:03", "52:54:00:00:00:04"] as const;
/** The last two are machines of one host. */
const HOST_OF = new Map(MACS.map((mac, i) => [mac as string, HOSTS[Math.min(i, 2)] ?? "gamma"]));

type Action =
  | { readonly type: "publish"; readonly good: boolean; readonly shared: boolean }
  | { readonly type: "boot"; readonly mac: string }
  | { readonly type: "end"; readonly mac: string }
  | { readonly type: "wait"; readonly minutes: number }
  | { readonly type: "crash" }
  /** To what was published last, or to what everybody gets. */
  | { readonly type: "pin"; readonly host: string; readonly newest: boolean }
  | { readonly type: "unpin"; readonly host: string }
  /** One boot of a machine by a pin to what was published last. */
  | { readonly type: "try"; readonly mac: string }
  | { readonly type: "rollback"; readonly host: string; readonly all: boolean }
  /** Of a host, or of all of them. */
  | { readonly type: "hold" | "release"; readonly host: string; readonly all: boolean }
  /** What was published last, for the next boot of a machine or of any of its host. */
  | { readonly type: "once"; readonly mac: string; readonly any: boolean };

const mac = fc.constantFrom(...MACS);
const host = fc.constantFrom(...HOSTS);
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant("publish"), good: fc.boolean(), shared: fc.boolean() }),
  },
  { weight: 8, arbitrary: fc.record({ type: fc.constant("boot"), mac }) },
  { weight: 8, arbitrary: fc.record({ type: fc.constant("end"), mac }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant("wait"), minutes: fc.integer({ min: 1, max: 12 }) }),
  },
  { weight: 1, arbitrary: fc.constant({ type: "crash" }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("pin"), host, newest: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("unpin"), host }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("try"), mac }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("rollback"), host, all: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constantFrom("hold", "release"), host, all: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("once"), mac, any: fc.boolean() }) },
) as fc.Arbitrary<Action>;

const policy = fc.record({
  strategy: fc.constantFrom("all", "canary"),
  canaries: fc.integer({ min: 1, max: 3 }),
  tries: fc.integer({ min: 1, max: 3 }),
  checkIn: fc.boolean(),
}) as fc.Arbitrary<Partial<RolloutPolicy>>;

/** One publication: for all hosts, the same or one each. */
interface Round {
  readonly ids: ReadonlyMap<string, string>;
  readonly isGood: boolean;
  /** Machines that were given it although their host had a good one, and nobody had said that they should. */
  readonly reached: Set<string>;
}

interface Model {
  readonly fleet: Fleet;
  readonly rounds: Round[];
  /** What machines run, or try to. */
  readonly running: Map<string, { readonly id: string; readonly isGood: boolean }>;
  /** Hosts with a generation of which a machine has come up. */
  readonly everGood: Set<string>;
  /** What was told to be bad, by host. */
  readonly bad: Map<string, Set<string>>;
  /** What the operator wants hosts to boot. */
  readonly pins: Map<string, string>;
  /** One-time images that were wanted, by whom they are for; until something is seen of who booted them. */
  readonly onces: Map<string, string>;
  /** What the operator was told that hosts get, since what they had is bad. */
  readonly instead: Map<string, Set<string>>;
  /** Hosts that the operator led back to what never comes up. */
  readonly misled: Set<string>;
  readonly policy: Partial<RolloutPolicy>;
  read: number;
}

function createModel(wanted: Partial<RolloutPolicy>): Model {
  const hosts = HOSTS.map((name) => ({ name, group: "nodes", machines: name === "gamma" ? 2 : 1 }));
  return {
    fleet: createFleet(hosts, wanted),
    ...{ rounds: [], running: new Map(), everGood: new Set(), bad: new Map(), policy: wanted, read: 0 },
    ...{ pins: new Map(), onces: new Map(), instead: new Map(), misled: new Set() },
  };
}

function publish({ fleet, rounds }: Model, isGood: boolean, isShared: boolean): void {
  const n = rounds.length;
  const ids = new Map(HOSTS.map((host) => [host as string, isShared ? `g${n}` : `g${n}-${host}`]));
  rounds.push({ ids, isGood, reached: new Set() });
  for (const [host, id] of ids) fleet.publish(host, id);
}

function roundOf({ rounds }: Model, host: string, id: string): Round | undefined {
  return rounds.find((round) => round.ids.get(host) === id);
}

const newestOf = ({ rounds }: Model, of: string) => rounds.at(-1)?.ids.get(of);

function pin(model: Model, of: string, isNewest: boolean): void {
  const { fleet, pins } = model;
  const id = isNewest ? newestOf(model, of) : fleet.choose(of).generation?.id;
  if (id === undefined) return;
  fleet.feed({ type: "pin", pins: new Map([[of, id]]) });
  pins.set(of, id);
}

function unpin({ fleet, pins }: Model, of: string): void {
  const effects = fleet.feed({ type: "unpin", hosts: [of] });
  expect(effects.some(({ type }) => type === "refuse")).toBe(!pins.delete(of));
}

/** Whether the operator went back from it. */
function isLeft({ fleet }: Model, of: string, id: string): boolean {
  const { bad = [] } = fleet.rollouts.tracks.get(of) ?? {};
  return bad.some(({ generation, reason }) => generation === id && reason === "rolled-back");
}

/** Where the operator wants to go back to, that stands, whatever it is worth. */
function rollBack(model: Model, hosts: readonly string[]): void {
  const { fleet, rounds, everGood, misled } = model;
  const from = fleet.news.length;
  fleet.feed({ type: "rollback", hosts });
  for (const { hosts: [of = ""] = [], generation = "" } of fleet.news.slice(from)) {
    if (roundOf(model, of, generation)?.isGood === true) misled.delete(of);
    else {
      misled.add(of);
      everGood.delete(of);
    }
    // The place of who tried what was left is another's, where only that host has left it.
    if (hosts.length > 1) continue;
    for (const { reached } of rounds)
      for (const machine of reached) if (HOST_OF.get(machine) === of) reached.delete(machine);
  }
}

function bootOnce(model: Model, machine: string, isAny: boolean): void {
  const { fleet, onces } = model;
  const of = HOST_OF.get(machine) ?? "";
  const generation = newestOf(model, of);
  const key = isAny ? (`host:${of}` as const) : (`mac:${machine}` as const);
  if (generation === undefined) return;
  fleet.feed({ type: "boot-once", key, host: of, generation });
  onces.set(key, generation);
}

/** Whether the operator wants this machine to boot this one, whatever is known of it. */
function isWanted({ fleet, pins, onces }: Model, of: string, machine: string, id: string): boolean {
  if (onces.get(`mac:${machine}`) === id || onces.get(`host:${of}`) === id) return true;
  return pins.get(of) === id && fleet.choose(of, machine).because.type === "pinned";
}

/** The machine asks, and is told something that is there. */
function boot(model: Model, machine: string): void {
  const { fleet, running, everGood, bad } = model;
  const host = HOST_OF.get(machine) ?? "";
  const id = fleet.ask(host, machine);
  if (model.rounds.length === 0) return;
  const round = id === undefined ? undefined : roundOf(model, host, id);
  if (id === undefined || round === undefined) throw new Error(`${machine} was left without a generation`);
  running.set(machine, { id, isGood: round.isGood });
  const isOrdered = isWanted(model, host, machine, id);
  if (model.pins.has(host) && !isOrdered) throw new Error(`${machine} was given ${id}, and not its pin`);
  if (!everGood.has(host) || isOrdered || model.instead.get(host)?.has(id)) return;
  expect(bad.get(host)?.has(id), `${machine} was given ${id}, which was told to be bad`).not.toBe(true);
  round.reached.add(machine);
}

/** What it runs shows what it is worth. */
function end(model: Model, machine: string): void {
  const { fleet, running, everGood } = model;
  const run = running.get(machine);
  if (run === undefined) return;
  const host = HOST_OF.get(machine) ?? "";
  fleet.fetches(machine, run.id);
  if (run.isGood) {
    fleet.checksIn(host, machine, run.id);
    readNews(model);
    // What comes up while it is held is nobody's yet; others go on with what they had, whatever that is worth.
    const isKept = isHeld(fleet.rollouts, host);
    if (!isKept && !isLeft(model, host, run.id) && !model.misled.has(host)) everGood.add(host);
  } else {
    fleet.feed({ type: "back", mac: machine });
  }
  running.delete(machine);
}

/** Keeps what a store keeps, and nothing else. */
async function throughStore(rollouts: Rollouts): Promise<Rollouts> {
  const store = createMemoryStore();
  await store.put(recordChanges(NO_ROLLOUTS, rollouts));
  const unread: string[] = [];
  const loaded = await loadRollouts(store, (kind, key) => unread.push(`${kind} ${key}`));
  expect(unread).toEqual([]);
  const { members, local, isUnkept } = rollouts;
  return { ...loaded, members, local, isUnkept };
}

async function act(model: Model, each: Action): Promise<void> {
  const { fleet } = model;
  switch (each.type) {
    case "publish":
      publish(model, each.good, each.shared);
      break;
    case "boot":
      boot(model, each.mac);
      break;
    case "end":
      end(model, each.mac);
      break;
    case "wait":
      // Who does not have to check in and hangs for ever looks as if it was up: nobody could tell.
      for (const [machine, { isGood }] of model.running)
        if (!isGood && model.policy.checkIn !== true) end(model, machine);
      for (let minute = 0; minute < each.minutes; minute++) fleet.later(MINUTE);
      break;
    case "crash":
      expect(fleet.restart(await throughStore(fleet.rollouts))).toBe(fleet.rollouts);
      break;
    case "pin":
      pin(model, each.host, each.newest);
      break;
    case "try": {
      const of = HOST_OF.get(each.mac) ?? "";
      pin(model, of, true);
      boot(model, each.mac);
      if (model.pins.has(of)) unpin(model, of);
      break;
    }
    case "unpin":
      unpin(model, each.host);
      break;
    case "rollback":
      rollBack(model, each.all ? HOSTS : [each.host]);
      break;
    case "hold":
    case "release":
      fleet.feed({
        type: each.type,
        ...(each.all
          ? { scope: "group:nodes", hosts: HOSTS }
          : { scope: `host:${each.host}`, hosts: [each.host] }),
      });
      break;
    case "once":
      bootOnce(model, each.mac, each.any);
  }
  readNews(model);
}

function readNews(model: Model): void {
  const { fleet, bad, misled } = model;
  for (const { change, hosts, generation = "", instead = "", stopped = [] } of fleet.news.slice(model.read)) {
    // Where there was none better, it was given on, and has come up after all.
    if (change === "settled" || change === "rolled-back")
      for (const host of hosts) bad.get(host)?.delete(generation);
    if (change === "settled") for (const host of hosts) misled.delete(host);
    if (change !== "marked-bad") continue;
    for (const host of hosts) {
      bad.set(host, (bad.get(host) ?? new Set()).add(generation));
      model.instead.set(host, (model.instead.get(host) ?? new Set()).add(instead));
    }
    for (const host of stopped) {
      const id = model.rounds.map(({ ids }) => ids.get(host)).findLast((found) => found !== undefined);
      bad.set(host, (bad.get(host) ?? new Set()).add(id ?? ""));
    }
  }
  model.read = fleet.news.length;
}

/** From here on everything goes its own way. */
function letGo(model: Model): void {
  for (const each of [...model.pins.keys()]) unpin(model, each);
  for (const scope of [...model.fleet.rollouts.held.keys()])
    model.fleet.feed({ type: "release", scope, hosts: scope === "group:nodes" ? HOSTS : [scope.slice(5)] });
  for (const key of model.fleet.rollouts.onces.keys()) {
    const of = key.startsWith("host:") ? key.slice(5) : (HOST_OF.get(key.slice(4)) ?? "");
    model.fleet.feed({ type: "not-once", key, host: of });
  }
  model.onces.clear();
}

describe("in any order of publications, boots, ends, waits, crashes and commands", () => {
  test("a bad generation reaches at most the canaries, and none that was told to be bad is given again", async () => {
    await fc.assert(
      fc.asyncProperty(policy, fc.array(action, { maxLength: 60, size: "max" }), async (wanted, actions) => {
        const model = createModel({ ...wanted, strategy: "canary" });
        for (const each of actions) await act(model, each);
        for (const { isGood, reached } of model.rounds) {
          if (!isGood) expect(reached.size).toBeLessThanOrEqual(wanted.canaries ?? 1);
        }
      }),
      { numRuns: RUNS },
    );
  });

  test("no machine is left without a generation that boots, where one was ever good", async () => {
    await fc.assert(
      fc.asyncProperty(policy, fc.array(action, { maxLength: 60, size: "max" }), async (wanted, actions) => {
        const model = createModel(wanted);
        for (const each of actions) await act(model, each);
        letGo(model);
        // From here on nothing is published any more, and every machine goes on until it is up.
        for (const machine of MACS) {
          if (!model.everGood.has(HOST_OF.get(machine) ?? "")) continue;
          const most = (wanted.tries ?? 1) * (model.rounds.length + 1);
          let tries = 0;
          for (let isUp = false; !isUp; tries++) {
            expect(tries, `${machine} never comes up`).toBeLessThanOrEqual(most);
            boot(model, machine);
            isUp = model.running.get(machine)?.isGood ?? false;
            end(model, machine);
            readNews(model);
          }
        }
      }),
      { numRuns: RUNS },
    );
  });

  test("a good generation comes to everybody, once the machines boot and say that they are up", async () => {
    await fc.assert(
      fc.asyncProperty(policy, fc.array(action, { maxLength: 40, size: "max" }), async (wanted, actions) => {
        const model = createModel(wanted);
        for (const each of actions) await act(model, each);
        letGo(model);
        publish(model, true, true);
        for (let round = 0; round < 6; round++) {
          for (const machine of MACS) {
            boot(model, machine);
            end(model, machine);
            readNews(model);
          }
        }
        const newest = `g${model.rounds.length - 1}`;
        for (const machine of MACS) {
          expect(model.fleet.ask(HOST_OF.get(machine) ?? "", machine)).toBe(newest);
        }
      }),
      { numRuns: RUNS },
    );
  });

  test("what goes through the store comes back the same", async () => {
    await fc.assert(
      fc.asyncProperty(policy, fc.array(action, { maxLength: 40, size: "max" }), async (wanted, actions) => {
        const model = createModel(wanted);
        for (const each of actions) {
          await act(model, each);
          const { rollouts } = model.fleet;
          expect(await throughStore(rollouts)).toEqual(rollouts);
        }
      }),
      { numRuns: 100 },
    );
  });
});

test("what happens to one host or group changes nothing for another, whichever is seen first", () => {
  type Seen = Parameters<typeof rolloutStep>[1];
  const events = (host: string, mac: string): fc.Arbitrary<Seen[]> => {
    const generation = fc.constantFrom("one", "two", "three");
    const one = fc.oneof(
      fc.record({ type: fc.constant("published"), host: fc.constant(host), generation }),
      fc.record({ type: fc.constant("taken"), host: fc.constant(host), mac: fc.constant(mac) }),
      fc.record({ type: fc.constant("given"), host: fc.constant(host), mac: fc.constant(mac), generation }),
      fc.record({ type: fc.constant("handed-over"), mac: fc.constant(mac), generation }),
      fc.record({ type: fc.constant("back"), mac: fc.constant(mac) }),
      fc.record({
        ...{ type: fc.constant("checked-in"), host: fc.constant(host), mac: fc.constant(mac), generation },
        bootId: fc.nat(9).map((n) => `${host} ${n}`),
        faults: fc.subarray(["a.service", "/secret"]),
      }),
      fc.record({ type: fc.constant("rollback"), hosts: fc.constant([host]) }),
      fc.record({ type: fc.constant("promote"), hosts: fc.constant([host]) }),
      fc.record({ type: fc.constant("pin"), pins: generation.map((id) => new Map([[host, id]])) }),
      fc.record({ type: fc.constant("unpin"), hosts: fc.constant([host]) }),
      fc.record({
        type: fc.constantFrom("hold", "release"),
        scope: fc.constant(`host:${host}`),
        hosts: fc.constant([host]),
      }),
    );
    return fc.array(one as fc.Arbitrary<Seen>, { maxLength: 20, size: "max" });
  };
  const plain = ({ tracks, trials, onces, held, reports }: Rollouts) =>
    [tracks, trials, onces, held, reports].map((table) =>
      Object.fromEntries(table as ReadonlyMap<string, unknown>),
    );
  const both = fc.tuple(events("alpha", MACS[0]), events("beta", MACS[1]));
  fc.assert(
    fc.property(both, policy, fc.infiniteStream(fc.boolean()), ([a, b], wanted, coin) => {
      const run = (isFirst: () => boolean) => {
        let { rollouts } = createFleet([{ name: "alpha" }, { name: "beta" }], wanted);
        // Each has a clock of its own, so that when it is seen does not matter.
        const lists = [a, b].map((list) => list.map((event, i) => ({ event, atMs: i * 9_000 })));
        const [left = [], right = []] = lists;
        while (left.length + right.length > 0) {
          const from = right.length === 0 || (left.length > 0 && isFirst()) ? left : right;
          const next = from.shift();
          if (next !== undefined) [rollouts] = rolloutStep(rollouts, next.event, next.atMs);
        }
        return plain(rollouts);
      };
      expect(run(() => coin.next().value)).toEqual(run(() => true));
    }),
    { numRuns: RUNS },
  );
});
