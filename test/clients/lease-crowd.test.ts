/** Many real clients at once: nobody gets what another has, not even when the server is killed in between. */

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Namespace } from "../../src/lab/namespace.ts";
import type { Program } from "../../src/lab/program.ts";
import { createLeaseLan, type LeaseLan } from "../support/lease-lan.ts";
import { eventsOf, killServer, leasesOnDisk, startLeaseServer } from "../support/lease-server.ts";
import { lacks } from "../support/needs.ts";
import { type LeaseNews, newsOf, udhcpcScript } from "../support/udhcpc.ts";

const WITHIN_MS = 120_000;

let lan: LeaseLan;

beforeEach(async () => {
  lan = await createLeaseLan();
});
afterEach(() => lan.close());

/** One udhcpc for each interface, all at once, and all of their news in one output. */
async function startCrowd(clients: Namespace, count: number): Promise<Program> {
  // They do not take the addresses: one kernel would answer for all of them.
  const script = udhcpcScript(lan.network.scratch, false);
  const one = `udhcpc -f -i c$i -s ${script} -p ${lan.network.scratch}/c$i.pid -t 4 -T 2 -A 2 2>/dev/null`;
  // They end with the shell that has started them.
  const end = `trap 'trap - TERM; kill 0' TERM EXIT`;
  return clients.start(["sh", "-c", `${end}; for i in $(seq 0 ${count - 1}); do ${one} & done; wait`]);
}

/** udhcpc gives an address back from that address, so it has to have it for the moment. */
async function giveBack(clients: Namespace, device: string, address: string): Promise<void> {
  await clients.run("ip", "address", "add", `${address}/24`, "dev", device);
  await clients.run("sh", "-c", `kill -USR2 $(cat ${lan.network.scratch}/${device}.pid)`);
}

/** Waits until the news say so; looks again whenever there is more. */
async function until(program: Program, isSo: (news: readonly LeaseNews[]) => boolean): Promise<LeaseNews[]> {
  const end = AbortSignal.timeout(WITHIN_MS);
  return new Promise((resolve, reject) => {
    const look = () => {
      const news = newsOf(program.text());
      if (!isSo(news)) return;
      stop();
      resolve(news);
    };
    const stop = program.onLine(look);
    end.addEventListener("abort", () => {
      stop();
      reject(
        new Error(`not within ${WITHIN_MS} ms: ${holders(newsOf(program.text())).size} have an address`),
      );
    });
    look();
  });
}

/** Who has which address, by what the clients themselves were told last. */
function holders(news: readonly LeaseNews[]): Map<string, string> {
  const byDevice = new Map<string, string>();
  for (const { what, device, address } of news) {
    if (what === "bound" || what === "renew") byDevice.set(device, address);
    if (what === "deconfig") byDevice.delete(device);
  }
  return byDevice;
}

describe.skipIf(lacks("lan", "udhcpc"))("250 udhcpc at once and a pool of 240", () => {
  test("240 get an address each, ten get none, and get theirs once others give theirs back", async () => {
    const server = await startLeaseServer(lan.server, {
      folder: lan.folder,
      subnets: [{ pools: [{ first: "10.81.0.10", last: "10.81.0.249" }] }],
    });
    const clients = await lan.addMany(250);
    // Who has given an address back does not answer for it any more.
    await clients.run("sysctl", "-qw", "net.ipv4.conf.all.arp_ignore=8");
    const crowd = await startCrowd(clients, 250);
    await until(crowd, (news) => holders(news).size >= 240);
    // The rest has asked again since, and the pool is what refuses them.
    await server.waitFor(/"pool-exhausted"/, WITHIN_MS);
    const full = holders(newsOf(crowd.text()));
    expect(full.size).toBe(240);
    expect(new Set(full.values()).size).toBe(240);
    expect(await leasesOnDisk(lan.folder)).toHaveProperty("size", 240);

    const givers = [...full].slice(0, 10);
    for (const [device, address] of givers) await giveBack(clients, device, address);
    const waiting = Array.from({ length: 250 }, (_, i) => `c${i}`).filter((device) => !full.has(device));
    const news = await until(crowd, (each) => waiting.every((device) => holders(each).has(device)));
    const later = holders(news);
    for (const [device] of givers) later.delete(device);
    expect(later.size).toBe(240);
    expect(new Set(later.values()).size).toBe(240);
    expect(waiting.map((device) => later.get(device)).toSorted()).toEqual(
      givers.map(([, address]) => address).toSorted(),
    );
    expect(eventsOf(server, "bug")).toEqual([]);
    expect(eventsOf(server, "malformed")).toEqual([]);
  });
});

describe.skipIf(lacks("lan", "udhcpc"))("a server that is killed while it hands out addresses", () => {
  test("gives no address twice, and knows every lease that a client was told of", async () => {
    const pools = [{ first: "10.81.0.10", last: "10.81.0.249" }];
    const start = () => startLeaseServer(lan.server, { folder: lan.folder, subnets: [{ pools }] });
    const clients = await lan.addMany(120);
    let server = await start();
    const crowd = await startCrowd(clients, 120);
    const enough = [15, 40, 70, 95];
    for (const count of enough) {
      // In the middle of it: some are answered, some probed, some being written.
      await until(crowd, (news) => holders(news).size >= count);
      await killServer(server);
      // What a client was told is on the disk, as the crash left it.
      const told = newsOf(crowd.text()).filter(({ what }) => what === "bound");
      const kept = await leasesOnDisk(lan.folder);
      expect(told.filter(({ address }) => kept.get(address)?.state !== "leased")).toEqual([]);
      server = await start();
    }
    const news = await until(crowd, (each) => holders(each).size === 120);
    const told = news.filter(({ what }) => what === "bound");
    // Nobody was ever told an address that another had been told before.
    const owners = Map.groupBy(told, ({ address }) => address);
    const shared = [...owners].filter(([, those]) => new Set(those.map(({ device }) => device)).size > 1);
    expect(shared).toEqual([]);
    const kept = await leasesOnDisk(lan.folder);
    expect(told.filter(({ address }) => kept.get(address)?.state !== "leased")).toEqual([]);
    expect(eventsOf(server, "bug")).toEqual([]);
  });
});
