/** What a server that is killed again and again has acknowledged, and whether it still holds after a start. */

import { setTimeout } from "node:timers/promises";
import { expect } from "vitest";
import type { GenerationView } from "../../src/web/schema/generations.ts";
import type { KilledServer } from "./killed-server.ts";
import { createRandom, type Random } from "./random.ts";
import { Register } from "./register.ts";

export const HOSTS = ["alpha", "beta", "gamma"] as const;
export const GROUP = "nodes";
export const macOf = (host: string) => `52:54:00:77:0c:0${1 + HOSTS.indexOf(host as "alpha")}`;

/** A report of a machine on what it was told to boot. */
export interface Report {
  readonly token: string;
  readonly mac: string;
  readonly id: string;
}

/** What is known to have been acknowledged, and what may have been done besides. */
export interface Ledger {
  readonly folder: string;
  readonly random: Random;
  /** How many images were made; every second one is bad, and no machine ever comes up with it. */
  made: number;
  /** By host and id: the numbers that the API has told. */
  readonly numbers: Map<string, number>;
  /** All that was booted or published of what is good, the last one being the newest. */
  readonly good: Set<string>;
  /** By host: what it is pinned to; the empty text stands for no pin. */
  readonly pins: ReadonlyMap<string, Register<string>>;
  readonly held: Register<boolean>;
  /** By the id of a bad one: the machines whose script named it. */
  readonly canaries: Map<string, Set<string>>;
  /** The reports of machines that are up, and have not said so. */
  readonly due: Map<string, Report>;
  readonly taken: Report[];
  /** How many promotions and rollbacks were acknowledged, and checked after a start. */
  decisions: number;
  /** By host: what the last promotion made everybody's. */
  readonly promoted: Map<string, string>;
  /** By host: what the operator went back from. */
  readonly left: Map<string, readonly string[]>;
}

export function createLedger(folder: string, seed: number): Ledger {
  return {
    ...{ folder, random: createRandom(seed), made: 0, numbers: new Map(), good: new Set() },
    pins: new Map(HOSTS.map((host) => [host, new Register("")])),
    held: new Register(false),
    ...{ canaries: new Map(), due: new Map(), taken: [], promoted: new Map(), left: new Map(), decisions: 0 },
  };
}

export const isBad = (version: string | undefined) => version?.endsWith("-bad") === true;

/** Says that a machine is up; where the answer was lost before, it may have counted. */
export async function checkIn(server: KilledServer, { due, taken }: Ledger, report: Report): Promise<void> {
  const isSecond = due.get(report.mac) === report;
  due.set(report.mac, report);
  const status = await server.report(report.token);
  expect(isSecond ? [204, 409] : [204]).toContain(status);
  due.delete(report.mac);
  taken.push(report);
}

/**
 * After a start: everything that was acknowledged is as it was, and what was asked for besides is done or not.
 *
 * @param hosts - of which history and boots are looked at, which takes the most of the time
 */
export async function checkLedger(
  server: KilledServer,
  ledger: Ledger,
  hosts: readonly string[] = HOSTS,
): Promise<void> {
  for (const report of ledger.due.values()) await checkIn(server, ledger, report);
  await checkRollouts(server, ledger);
  await checkTokens(server, ledger);
  for (const host of hosts) {
    await checkHistory(server, ledger, host);
    await checkSessions(server, ledger, host);
  }
  for (const [id, macs] of ledger.canaries) expect([...macs], `machines with ${id}`).toHaveLength(1);
}

/** What the server knows of the history is what it has told before, and what was added. */
async function checkHistory(server: KilledServer, ledger: Ledger, host: string): Promise<void> {
  const { numbers, canaries, taken, good } = ledger;
  const booted = taken.filter(({ mac }) => mac === macOf(host)).map(({ id }) => id);
  const counts = countedById(booted);
  const isCounted = (all: readonly GenerationView[]) =>
    all.every(({ id, boots }) => boots.checkedIn === (counts.get(id) ?? 0));
  // What was made of the last reports is made anew, which nobody waits for.
  const history = await untilTrue(() => server.history(host), isCounted);
  for (const { id, kernel } of history.toReversed()) if (!isBad(kernel)) good.add(id);
  const found = new Map(history.map(({ id, number }) => [id, number]));
  expect(new Set(found.values()).size, `${host}: each has a number of its own`).toBe(history.length);
  for (const [key, number] of numbers) {
    const [of, id = ""] = key.split(" ");
    if (of === host) expect(found.get(id), `the number of ${key}`).toBe(number);
  }
  const ids = [...found.keys()];
  for (const id of booted) expect(ids, `what ${host} has checked in with`).toContain(id);
  for (const [id, macs] of canaries) if (macs.has(macOf(host))) expect(ids, `of ${host}`).toContain(id);
  for (const { id, boots, isCandidate, isProven } of history) {
    expect(boots.checkedIn, `reports of ${host} with ${id}`).toBe(counts.get(id) ?? 0);
    if (isCandidate && counts.has(id)) expect(isProven, `${host}: ${id} is proven`).toBe(true);
  }
  for (const [id, number] of found) numbers.set(`${host} ${id}`, number);
}

async function checkRollouts(server: KilledServer, ledger: Ledger): Promise<void> {
  const { pins, held, canaries, promoted, left, numbers } = ledger;
  const views = await server.rollouts();
  expect(views.map(({ host }) => host).toSorted()).toEqual([...HOSTS]);
  expect(new Set(views.map((view) => view.held)).size).toBe(1);
  for (const { host, pin = "", held: isHeld, settled, bad, trials, gives } of views) {
    const register = pins.get(host);
    expect(register?.possible, `${host} is pinned to '${pin}'`).toContain(pin);
    register?.settle(pin);
    // Whoever is pinned gets that, if it has asked for it or not.
    if (pin !== "") expect(gives).toBe(pin);
    expect(held.possible).toContain(isHeld);
    const gone = bad.map(({ generation }) => generation);
    const everybodys = promoted.get(host);
    const numberOf = (id = "") => numbers.get(`${host} ${id}`) ?? Number.POSITIVE_INFINITY;
    // What came up after it, and is newer, may have taken its place.
    if (everybodys !== undefined && numberOf(settled.at(-1)) <= numberOf(everybodys))
      expect([...settled, ...gone], `what was promoted for ${host}`).toContain(everybodys);
    expect(gone, `what ${host} went back from`).toEqual(expect.arrayContaining([...(left.get(host) ?? [])]));
    for (const { mac, generation, place } of trials) {
      const told = canaries.get(generation);
      if (place === "canary" && told !== undefined)
        expect([...told], `canary of ${generation}`).toEqual([mac]);
    }
  }
  held.settle(views[0]?.held ?? false);
  ledger.decisions += Math.min(promoted.size, 1);
  promoted.clear();
  left.clear();
}

/** Each report counts only once. */
async function checkTokens(server: KilledServer, { taken, random }: Ledger): Promise<void> {
  const used = [taken.at(-1), ...[0, 1, 2].map(() => taken[random(taken.length)])];
  for (const report of used) if (report) expect([409, 410]).toContain(await server.report(report.token));
}

/** The last reports of a machine, each of which has a boot of its own. */
const LAST = 20;

async function checkSessions(server: KilledServer, { taken }: Ledger, host: string): Promise<void> {
  const reports = taken.filter(({ mac }) => mac === macOf(host));
  const last = countedById(reports.slice(-LAST).map(({ id }) => id));
  const all = countedById(reports.map(({ id }) => id));
  const isThere = (found: readonly string[]) =>
    [...last].every(([id, count]) => (countedById(found).get(id) ?? 0) >= count);
  const found = await untilTrue(() => server.checkedIn(macOf(host), 3 * LAST), isThere);
  const counted = countedById(found);
  for (const [id, count] of last)
    expect(counted.get(id) ?? 0, `boots of ${host} with ${id}`).toBeGreaterThanOrEqual(count);
  for (const [id, count] of counted)
    expect(count, `boots of ${host} with ${id}`).toBeLessThanOrEqual(all.get(id) ?? 0);
}

const PATIENCE_MS = 10_000;

/** Asks until the answer is as it should be, or for so long that it will not be. */
async function untilTrue<Answer>(
  ask: () => Promise<Answer>,
  isTrue: (answer: Answer) => boolean,
): Promise<Answer> {
  for (const untilMs = performance.now() + PATIENCE_MS; ; await setTimeout(20)) {
    const answer = await ask();
    if (isTrue(answer) || performance.now() > untilMs) return answer;
  }
}

function countedById(ids: readonly string[]): ReadonlyMap<string, number> {
  return new Map([...Map.groupBy(ids, (id) => id)].map(([id, same]) => [id, same.length]));
}
