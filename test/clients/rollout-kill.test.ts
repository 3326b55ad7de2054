/** A server that is killed at any moment of rollouts, pins, publications and check-ins: what it acknowledged stands. */

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { createRandom, type Random } from "../support/random.ts";
import { Register } from "../support/register.ts";
import { macOf, type Order, ROLLOUT_HOSTS, type Told } from "../support/rollout-program.ts";
import { tempFolder } from "../support/temp-folder.ts";

const PROGRAM = fileURLToPath(new URL("../support/rollout-program.ts", import.meta.url));
const KILLS = 200;
/** As many servers at once, each on a disk of its own. */
const LANES = 4;
/** So often all of it is done at the most, until it was about something. */
const MOST_ROUNDS = 4;
/** So long the longest of them lives, in milliseconds. */
const LONGEST_MS = 120;
const WITHIN_MS = 300_000;

/** What the test knows to have been acknowledged, and what may have been done besides. */
interface Known {
  /** In the order of publication; every second one is bad, and no machine ever comes up with it. */
  readonly ids: string[];
  readonly numbers: Map<string, number>;
  /** By host: what it is pinned to; the empty text stands for no pin. */
  readonly pins: ReadonlyMap<string, Register<string>>;
  readonly held: Register<boolean>;
  /** Which machines were told to boot a generation, other than by a pin. */
  readonly told: Map<string, Set<string>>;
  /** Tokens of machines that run a good generation, and those whose reports were taken. */
  readonly tokens: { readonly token: string; readonly id: string }[];
  readonly taken: { readonly token: string; readonly id: string }[];
  /** What did not go as it must. */
  readonly wrong: string[];
  /** Something is known to be good: from then on nothing bad is for everybody. */
  hasGood: boolean;
}

const isBad = (id: string) => id.startsWith("bad");

class Life {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting = new Map<number, (told: Told) => void>();
  #n = 0;
  readonly found: Promise<Told>;
  readonly ended: Promise<void>;

  constructor(folder: string, compiled: string, ids: readonly string[]) {
    // Compiled once: so it lives four times as often.
    const env = { ...process.env, NODE_COMPILE_CACHE: compiled };
    this.#child = spawn(process.execPath, [PROGRAM, folder, JSON.stringify(ids)], { env });
    const { promise, resolve, reject } = Promise.withResolvers<Told>();
    this.found = promise;
    // Who is killed before that has not failed.
    promise.catch(() => {});
    const errors: string[] = [];
    this.#child.stderr.on("data", (chunk) => errors.push(String(chunk)));
    // Who is killed does not read any more.
    this.#child.stdin.on("error", () => {});
    createInterface({ input: this.#child.stdout }).on("line", (line) => {
      const told: Told = JSON.parse(line);
      if (told.n === undefined) resolve(told);
      else this.#waiting.get(told.n)?.(told);
    });
    this.ended = new Promise((done) => {
      this.#child.once("close", () => {
        reject(new Error(`it ended by itself: ${errors.join("")}`));
        done();
      });
    });
  }

  /** Calls `onTold` when it is acknowledged, if it is before the end. */
  want(order: Order, onTold: (told: Told) => void = () => {}): void {
    this.#waiting.set(++this.#n, onTold);
    this.#child.stdin.write(`${JSON.stringify({ n: this.#n, order })}\n`);
  }

  /** Lets it end as it likes. */
  async stop(): Promise<void> {
    this.#child.stdin.end();
    await this.ended;
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.ended;
  }
}

/** What is on the disk is what was acknowledged, or what was asked for after that. */
function check(found: Told, known: Known): void {
  const { pins, held, numbers, told, wrong, taken } = known;
  known.hasGood ||= found.hasGood === true;
  expect(wrong).toEqual([]);
  for (const [host, register] of pins) {
    const pin = found.pins?.[host] ?? "";
    expect(register.possible, `${host} is pinned to '${pin}'`).toContain(pin);
    register.settle(pin);
  }
  expect(held.possible).toContain(found.isHeld);
  held.settle(found.isHeld ?? false);
  for (const [id, number] of Object.entries(found.numbers ?? {}))
    expect(numbers.get(id) ?? number, `the number of ${id}`).toBe(number);
  for (const [id, macs] of told) if (isBad(id)) expect([...macs], `machines with ${id}`).toHaveLength(1);
  // A report that was taken has proven something, however soon after it the server was killed.
  if (taken.length > 0) expect(found.proven?.length).toBeGreaterThan(0);
  expect(found.proven?.filter(isBad)).toEqual([]);
}

/** Sends one order of many kinds. */
function orderOne(life: Life, known: Known, random: Random): void {
  const host = ROLLOUT_HOSTS[random(ROLLOUT_HOSTS.length)] ?? "alpha";
  const pins = known.pins.get(host);
  const kind = random(100);
  if (kind < 40) boot(life, known, host);
  else if (kind < 65) report(life, known, random);
  else if (kind < 75) publish(life, known);
  else if (kind < 85) {
    const id = known.ids.findLast((each) => !isBad(each));
    if (id !== undefined) life.want({ type: "pin", host, id }, pins?.want(id).acknowledged);
  } else if (kind < 93) life.want({ type: "unpin", host }, pins?.want("").acknowledged);
  else life.want({ type: kind < 96 ? "hold" : "release" }, known.held.want(kind < 96).acknowledged);
}

function boot(life: Life, known: Known, host: string): void {
  const { pins, told, tokens } = known;
  const isFree = pins.get(host)?.possible.every((pin) => pin === "") === true;
  const mac = macOf(host);
  life.want({ type: "boot", mac }, ({ id, token = "" }) => {
    if (id === undefined) return;
    if (isFree && known.hasGood) told.set(id, (told.get(id) ?? new Set()).add(mac));
    if (!isBad(id)) tokens.push({ token, id });
  });
}

function report(life: Life, { tokens, taken, wrong }: Known, random: Random): void {
  const old = taken[random(taken.length)];
  if (old !== undefined && random(10) < 3) {
    life.want({ type: "report", token: old.token }, ({ refused }) => {
      if (refused !== "token-used") wrong.push(`the report for ${old.id} was taken twice: ${refused}`);
    });
    return;
  }
  const next = tokens.shift();
  if (next === undefined) return;
  life.want({ type: "report", token: next.token }, ({ refused }) => {
    if (refused === undefined) taken.push(next);
  });
}

function publish(life: Life, { ids, numbers }: Known): void {
  const id = ids.length % 2 === 1 ? `bad-${ids.length}` : `good-${ids.length}`;
  ids.push(id);
  life.want({ type: "publish", id }, ({ number }) => {
    if (number !== undefined) numbers.set(id, number);
  });
}

/** One life after the other on the same disk. */
async function runLane(seed: number, compiled: string, kills: number): Promise<Known> {
  const folder = tempFolder();
  const random = createRandom(seed);
  const known: Known = {
    ids: ["good-0"],
    numbers: new Map(),
    pins: new Map(ROLLOUT_HOSTS.map((host) => [host, new Register("")])),
    held: new Register(false),
    ...{ told: new Map(), tokens: [], taken: [], wrong: [], hasGood: false },
  };
  for (let kill = 0; kill < kills; kill++) {
    const life = new Life(folder, compiled, known.ids);
    // Some do not live long enough to say what they have found.
    const found = random(10) === 0 ? undefined : await life.found;
    if (found !== undefined) {
      check(found, known);
      for (let order = random(40); order > 0; order--) orderOne(life, known, random);
    }
    await setTimeout(random(LONGEST_MS));
    await life.kill();
  }
  const last = new Life(folder, compiled, known.ids);
  check(await last.found, known);
  await last.kill();
  return known;
}

function wasAboutSomething(lanes: readonly Known[]): boolean {
  const all = <Value>(of: (known: Known) => Iterable<Value>) => lanes.flatMap((known) => [...of(known)]);
  return (
    all(({ taken }) => taken).length > 10 &&
    all(({ numbers }) => numbers).length > 10 &&
    all(({ told }) => told.keys()).filter(isBad).length > 2
  );
}

test(
  "whatever was acknowledged is there after each of many kills, and no bad one gets beyond its canary",
  async () => {
    const compiled = tempFolder();
    // Only who ends by itself leaves it.
    await new Life(tempFolder(), compiled, []).stop();
    const lanes: Known[] = [];
    const runLanes = () =>
      Promise.all(
        Array.from({ length: LANES }, (_, lane) => runLane(lanes.length + lane + 1, compiled, KILLS / LANES)),
      );
    // A busy machine does less between two kills.
    for (let round = 0; round < MOST_ROUNDS && !wasAboutSomething(lanes); round++)
      lanes.push(...(await runLanes()));
    expect(wasAboutSomething(lanes)).toBe(true);
  },
  WITHIN_MS,
);
