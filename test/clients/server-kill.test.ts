/** The whole server, killed in the middle of boots, reports, publications and commands: what it acknowledged stands. */

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { bundleServer } from "../support/bundled-server.ts";
import { bzImage } from "../support/kernels.ts";
import {
  checkIn,
  checkLedger,
  createLedger,
  GROUP,
  HOSTS,
  isBad,
  type Ledger,
  macOf,
} from "../support/kill-ledger.ts";
import { KilledServer, swapLink } from "../support/killed-server.ts";
import { tempFolder } from "../support/temp-folder.ts";

const CONFIG = [
  `groups: { ${GROUP}: { rollout: { canary: 1, expectCheckIn: true } } }`,
  "hosts:",
  ...HOSTS.map((name) => `  ${name}: { macs: ["${macOf(name)}"], group: ${GROUP} }`),
  "",
].join("\n");

/** Servers with worlds of their own, at the same time. */
const SEEDS = [5, 7];
const KILLS = 100;
/** So many answers the server gives at most before it is killed, and so long it has for them, in milliseconds. */
const MOST_ANSWERS = 40;
const LONGEST_MS = 5000;
/** So much later it is killed at most, in the middle of something. */
const LATER_MS = 20;
/** About as long as it needs to start. */
const START_MS = 400;
/** A bound for what hangs, not a measure: a busy machine takes ten times as long. */
const WITHIN_MS = 900_000;

/** A folder with contents of its own, in a store as builds are or outside of one, and links to it. */
async function publish(ledger: Ledger): Promise<string> {
  const number = ledger.made++;
  const name = String(number);
  const image = join(
    ledger.folder,
    // What can change must have stayed the same for half a second, so there are few of them.
    number % 10 === 9 ? `builds/${name}` : `mayfly-store/d-${name.padStart(32, "0")}`,
  );
  await mkdir(image, { recursive: true });
  await writeFile(join(image, "bzImage"), bzImage(number % 2 === 1 ? "6.12.9-bad" : "6.12.9"));
  await writeFile(join(image, "initrd"), `initrd ${number}`);
  for (const host of HOSTS) await swapLink(ledger.folder, host, image);
  return image;
}

/** A machine boots and reports, again and again, until it gets something bad. */
async function runMachine(server: KilledServer, ledger: Ledger, host: string): Promise<void> {
  const mac = macOf(host);
  for (;;) {
    const { id, version, token, files } = await server.script(mac);
    if (isBad(version)) {
      ledger.canaries.set(id, (ledger.canaries.get(id) ?? new Set()).add(mac));
      return;
    }
    for (const file of files) await server.fetchFile(file);
    if (ledger.random(10) < 8) await checkIn(server, ledger, { token, mac, id });
    await setTimeout(ledger.random(40));
  }
}

/** Pins, and holds the group, as often as it takes both back. */
async function runOperator(server: KilledServer, { random, pins, good, held }: Ledger): Promise<void> {
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
async function decide(server: KilledServer, { made, random, promoted, left }: Ledger): Promise<void> {
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
async function runBuilder(server: KilledServer, ledger: Ledger): Promise<void> {
  await decide(server, ledger);
  for (;;) {
    const image = await publish(ledger);
    for (const host of HOSTS) {
      for (let isSeen = false; !isSeen; await setTimeout(10)) {
        const [last] = await server.history(host);
        isSeen = last?.path === image;
        if (last !== undefined) ledger.numbers.set(`${host} ${last.id}`, last.number);
      }
    }
  }
}

/** Lets the server be asked for all kinds of things at once, until it is killed. */
async function live(server: KilledServer, ledger: Ledger): Promise<void> {
  const all = [
    ...HOSTS.map((host) => runMachine(server, ledger, host)),
    runOperator(server, ledger),
    runBuilder(server, ledger),
  ].map((each) =>
    each.catch((cause: unknown) => {
      // Only what was cut off may fail.
      if (!server.isKilled) throw cause;
    }),
  );
  const killed = server
    .answered(ledger.random(MOST_ANSWERS), LONGEST_MS)
    .then(() => setTimeout(ledger.random(LATER_MS)))
    .then(() => server.kill());
  await Promise.all([killed, ...all]);
}

/** The first image, which all machines come up with. */
async function prepare(program: string, ledger: Ledger): Promise<void> {
  await mkdir(join(ledger.folder, "boot-media/hosts"), { recursive: true });
  await writeFile(join(ledger.folder, "mayfly.yaml"), CONFIG);
  await publish(ledger);
  const server = await KilledServer.start(program, ledger.folder);
  await server.ready();
  for (const host of HOSTS) {
    const { id, token } = await server.script(macOf(host));
    ledger.good.add(id);
    await checkIn(server, ledger, { token, mac: macOf(host), id });
  }
  // Those that are killed keep nothing of what they have compiled.
  await server.stop();
}

async function runWorld(program: string, ledger: Ledger): Promise<void> {
  await prepare(program, ledger);
  for (let kill = 0; kill < KILLS; kill++) {
    const server = await KilledServer.start(program, ledger.folder);
    if (ledger.random(10) === 0) {
      // While it starts.
      await setTimeout(ledger.random(START_MS));
      await server.kill();
      continue;
    }
    await server.ready();
    await checkLedger(server, ledger, [HOSTS[ledger.random(HOSTS.length)] ?? "alpha"]);
    await live(server, ledger);
  }
  const last = await KilledServer.start(program, ledger.folder);
  await last.ready();
  await checkLedger(last, ledger);
  await last.kill();
}

test(
  `the whole server keeps what it acknowledged by HTTP, killed at ${SEEDS.length * KILLS} moments of its life`,
  async () => {
    const program = await bundleServer();
    const ledgers = SEEDS.map((seed) => createLedger(tempFolder(), seed));
    await Promise.all(ledgers.map((ledger) => runWorld(program, ledger)));
    for (const { taken, made, canaries, decisions } of ledgers) {
      // It was about something.
      expect(taken.length).toBeGreaterThan(40);
      expect(made).toBeGreaterThan(40);
      expect(canaries.size).toBeGreaterThan(4);
      expect(decisions).toBeGreaterThan(4);
    }
  },
  WITHIN_MS,
);
