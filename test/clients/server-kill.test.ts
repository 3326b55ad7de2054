/** The whole server, killed in the middle of boots, reports, publications and commands: what it acknowledged stands. */

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { bzImage } from "../support/kernels.ts";
import { KilledServer, swapLink } from "../support/killed-server.ts";
import { createRandom, type Random } from "../support/random.ts";
import { Register } from "../support/register.ts";
import { tempFolder } from "../support/temp-folder.ts";

const HOSTS = ["alpha", "beta", "gamma"] as const;
const macOf = (host: string) => `52:54:00:77:0c:0${1 + HOSTS.indexOf(host as "alpha")}`;
const GROUP = "nodes";
const CONFIG = [
  `groups: { ${GROUP}: { rollout: { canary: 1, expectCheckIn: true } } }`,
  "hosts:",
  ...HOSTS.map((name) => `  ${name}: { macs: ["${macOf(name)}"], group: ${GROUP} }`),
  "",
].join("\n");

const KILLS = 30;
const SEED = 5;
/** So long the server is asked at most before it is killed, in milliseconds. */
const LONGEST_MS = 600;
/** About as long as it needs to start. */
const START_MS = 900;
const WITHIN_MS = 300_000;

/** A report of a machine on what it was told to boot. */
interface Report {
  readonly token: string;
  readonly mac: string;
  readonly id: string;
}

type Boots = { readonly sessions: readonly { readonly id: string; readonly generation?: string }[] };

/** What the test knows to have been acknowledged, and what may have been done besides. */
interface Known {
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
  /** By host: the boots that were known after a start to have checked in. */
  readonly sessions: Map<string, readonly string[]>;
  /** How many promotions and rollbacks were acknowledged, and checked after a start. */
  decisions: number;
  /** By host: what the last promotion made everybody's. */
  readonly promoted: Map<string, string>;
  /** By host: what the operator went back from. */
  readonly left: Map<string, readonly string[]>;
}

const isBad = (version: string | undefined) => version?.endsWith("-bad") === true;

/** A folder with contents of its own, and links to it. */
async function publish(known: Known): Promise<string> {
  const number = known.made++;
  const image = join(known.folder, "builds", String(number));
  await mkdir(image, { recursive: true });
  await writeFile(join(image, "bzImage"), bzImage(number % 2 === 1 ? "6.12.9-bad" : "6.12.9"));
  await writeFile(join(image, "initrd"), `initrd ${number}`);
  for (const host of HOSTS) await swapLink(known.folder, host, image);
  return image;
}

/** What the server knows of the history is what it has told before, and what was added. */
async function checkHistory(server: KilledServer, { numbers, canaries, taken, good }: Known): Promise<void> {
  for (const host of HOSTS) {
    const history = await server.history(host);
    for (const { id, kernel } of history.toReversed()) if (!isBad(kernel)) good.add(id);
    const found = new Map(history.map(({ id, number }) => [id, number]));
    expect(new Set(found.values()).size, `${host}: each has a number of its own`).toBe(history.length);
    for (const [key, number] of numbers) {
      const [of, id = ""] = key.split(" ");
      if (of === host) expect(found.get(id), `the number of ${key}`).toBe(number);
    }
    const mac = macOf(host);
    const booted = taken.filter((report) => report.mac === mac).map(({ id }) => id);
    for (const id of booted) expect([...found.keys()]).toContain(id);
    for (const [id, macs] of canaries) if (macs.has(mac)) expect([...found.keys()]).toContain(id);
    for (const [id, number] of found) numbers.set(`${host} ${id}`, number);
  }
}

async function checkRollouts(server: KilledServer, known: Known): Promise<void> {
  const { pins, held, canaries, promoted, left } = known;
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
    if (everybodys !== undefined) expect([...settled, ...gone]).toContain(everybodys);
    expect(gone, `what ${host} went back from`).toEqual(expect.arrayContaining([...(left.get(host) ?? [])]));
    for (const { mac, generation, place } of trials) {
      const told = canaries.get(generation);
      if (place === "canary" && told !== undefined)
        expect([...told], `canary of ${generation}`).toEqual([mac]);
    }
  }
  held.settle(views[0]?.held ?? false);
  known.decisions += Math.min(promoted.size, 1);
  promoted.clear();
  left.clear();
}

/**
 * Each report that was taken has proven what is still on trial, and counts only once; boots are written in batches, so
 * the record of one that took a moment may lack, but what was on the disk once stays there.
 */
async function checkReports(server: KilledServer, known: Known): Promise<void> {
  const { taken, random, sessions } = known;
  const last = taken.at(-1);
  for (const host of HOSTS) {
    const path = `/sessions?mac=${macOf(host)}&outcome=checked-in&limit=500`;
    const { sessions: found } = await server.get<Boots>(path);
    const ids = found.map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining([...(sessions.get(host) ?? [])]));
    sessions.set(host, ids);
    const counted = Map.groupBy(found, ({ generation }) => generation);
    for (const [generation, boots] of counted) {
      const reports = taken.filter(({ mac, id }) => mac === macOf(host) && id === generation);
      expect(boots.length, `boots of ${generation}`).toBeLessThanOrEqual(reports.length);
    }
    const booted = new Set(taken.filter(({ mac }) => mac === macOf(host)).map(({ id }) => id));
    for (const { id, isCandidate, isProven } of await server.history(host))
      if (isCandidate && booted.has(id)) expect(isProven, `${host}: ${id} is proven`).toBe(true);
  }
  const used = [last, ...[0, 1, 2].map(() => taken[random(taken.length)])];
  for (const report of used) if (report) expect([409, 410]).toContain(await server.report(report.token));
}

async function check(server: KilledServer, known: Known): Promise<void> {
  for (const report of known.due.values()) await checkIn(server, known, report);
  await checkRollouts(server, known);
  await checkHistory(server, known);
  await checkReports(server, known);
  for (const [id, macs] of known.canaries) expect([...macs], `machines with ${id}`).toHaveLength(1);
}

/** Says that a machine is up; where the answer was lost before, it may have counted. */
async function checkIn(server: KilledServer, { due, taken }: Known, report: Report): Promise<void> {
  const isSecond = due.get(report.mac) === report;
  due.set(report.mac, report);
  const status = await server.report(report.token);
  expect(isSecond ? [204, 409] : [204]).toContain(status);
  due.delete(report.mac);
  taken.push(report);
}

/** A machine boots and reports, again and again, until it gets something bad. */
async function runMachine(server: KilledServer, known: Known, host: string): Promise<void> {
  const mac = macOf(host);
  for (;;) {
    const { id, version, token, files } = await server.script(mac);
    if (isBad(version)) {
      known.canaries.set(id, (known.canaries.get(id) ?? new Set()).add(mac));
      return;
    }
    for (const file of files) await server.fetchFile(file);
    if (known.random(10) < 8) await checkIn(server, known, { token, mac, id });
    await setTimeout(known.random(40));
  }
}

/** Pins, and holds the group, as often as it takes both back. */
async function runOperator(server: KilledServer, { random, pins, good, held }: Known): Promise<void> {
  for (;;) {
    await setTimeout(random(30));
    const host = HOSTS[random(HOSTS.length)] ?? "alpha";
    const kind = random(10);
    const generation = [...good].at(-1 - random(2)) ?? "";
    const isPin = kind < 3 && generation !== "";
    const isHold = kind === 7;
    const wish = kind < 7 ? pins.get(host)?.want(isPin ? generation : "") : held.want(isHold);
    const [whom, what] = kind < 7 ? [host, "unpin"] : [GROUP, isHold ? "hold" : "release"];
    const answer = isPin
      ? await server.command(host, "pin", { generation })
      : await server.command(whom, what);
    if (answer === undefined) wish?.refused();
    else wish?.acknowledged();
  }
}

/** Decides about what was published last, if that is good: what is bad is left to its canary. */
async function decide(server: KilledServer, { made, random, promoted, left }: Known): Promise<void> {
  const kind = random(10);
  if (made % 2 === 0 || kind >= 8) return;
  for (const view of (await server.command(GROUP, kind < 4 ? "promote" : "rollback")) ?? []) {
    const all = view.bad.filter(({ reason }) => reason === "rolled-back").slice(-4);
    const ids = all.map(({ generation }) => generation);
    left.set(view.host, ids);
    for (const everybodys of view.settled.slice(-1)) promoted.set(view.host, everybodys);
  }
}

/** Publishes one after the other, each once the one before is in the histories. */
async function runBuilder(server: KilledServer, known: Known): Promise<void> {
  await decide(server, known);
  for (;;) {
    const image = await publish(known);
    for (const host of HOSTS) {
      for (let isSeen = false; !isSeen; await setTimeout(10)) {
        const [last] = await server.history(host);
        isSeen = last?.path === image;
        if (last !== undefined) known.numbers.set(`${host} ${last.id}`, last.number);
      }
    }
  }
}

/** Lets the server be asked for all kinds of things at once, until it is killed. */
async function live(server: KilledServer, known: Known): Promise<void> {
  const all = [
    ...HOSTS.map((host) => runMachine(server, known, host)),
    runOperator(server, known),
    runBuilder(server, known),
  ].map((each) =>
    each.catch((cause: unknown) => {
      // Only what was cut off may fail.
      if (!server.isKilled) throw cause;
    }),
  );
  const killed = setTimeout(known.random(LONGEST_MS)).then(() => server.kill());
  await Promise.all([killed, ...all]);
}

/** The first image, which all machines come up with. */
async function prepare(known: Known): Promise<void> {
  await mkdir(join(known.folder, "boot-media/hosts"), { recursive: true });
  await writeFile(join(known.folder, "mayfly.yaml"), CONFIG);
  await publish(known);
  const server = await KilledServer.start(known.folder);
  await server.ready();
  for (const host of HOSTS) {
    const { id, token } = await server.script(macOf(host));
    known.good.add(id);
    await checkIn(server, known, { token, mac: macOf(host), id });
  }
  await server.kill();
}

test(
  "the whole server keeps what it acknowledged by HTTP, killed at 30 moments of a run (200 are another test's)",
  async () => {
    const known: Known = {
      ...{ folder: tempFolder(), random: createRandom(SEED), made: 0, numbers: new Map(), good: new Set() },
      pins: new Map(HOSTS.map((host) => [host, new Register("")])),
      held: new Register(false),
      ...{ canaries: new Map(), due: new Map(), taken: [], promoted: new Map(), left: new Map() },
      ...{ sessions: new Map(), decisions: 0 },
    };
    await prepare(known);
    for (let kill = 0; kill < KILLS; kill++) {
      const server = await KilledServer.start(known.folder);
      if (known.random(10) === 0) {
        // While it starts.
        await setTimeout(known.random(START_MS));
        await server.kill();
        continue;
      }
      await server.ready();
      await check(server, known);
      await live(server, known);
    }
    const last = await KilledServer.start(known.folder);
    await last.ready();
    await check(last, known);
    await last.kill();
    // It was about something.
    expect(known.taken.length).toBeGreaterThan(20);
    expect(known.made).toBeGreaterThan(20);
    expect(known.canaries.size).toBeGreaterThan(2);
    expect(known.decisions).toBeGreaterThan(2);
  },
  WITHIN_MS,
);
