/** Addresses are probed in a real network, with raw sockets and without. */

import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ProbeTarget } from "../../src/io/dhcp/probe-target.ts";
import type { Namespace } from "../../src/lab/namespace.ts";
import { createNetwork, type Network } from "../support/cables.ts";
import { lacks } from "../support/needs.ts";

const PROBE = fileURLToPath(new URL("../support/probe-program.ts", import.meta.url));
const MAC = "52:54:00:aa:00:01";
const STRANGER = "52:54:00:aa:00:99";
const WITHIN_MS = 20_000;
/** What firmware waits for at least, with room for a busy machine. */
const BOUND_MS = 900;

let network: Network;
let server: Namespace;
let machine: Namespace;

beforeEach(async () => {
  network = await createNetwork();
  [server, machine] = [await network.namespace("server"), await network.namespace("machine")];
  await network.cable(
    { at: server, device: "lan0", address: "10.79.0.2/24" },
    { at: machine, device: "eth0", address: "10.79.0.50/24", mac: MAC },
  );
});
afterEach(() => network.close());

interface Found {
  readonly use: string;
  readonly ms: number;
}

async function probe(
  native: boolean,
  ...targets: readonly (Partial<ProbeTarget> & { readonly address: string })[]
): Promise<Map<string, Found>> {
  const arrival = { interface: "lan0", self: "10.79.0.2" };
  const whole = targets.map((each) => ({ arrival, isRelayed: false, owner: STRANGER, ...each }));
  const program = await server.start([process.execPath, PROBE, JSON.stringify({ native, targets: whole })]);
  await program.waitFor(/^done$/m, WITHIN_MS);
  return new Map(
    [...program.text().matchAll(/^(\S+) (used|free) (\d+)$/gm)].map(([, address = "", use = "", ms]) => [
      address,
      { use, ms: Number(ms) },
    ]),
  );
}

describe.skipIf(lacks("lan", "nft")).each([
  ["raw sockets", true],
  ["nothing but UDP", false],
])("with %s", (_, native) => {
  test("an address that a machine has is in use, one that nobody has is free, and both are soon known", async () => {
    const found = await probe(native, { address: "10.79.0.50" }, { address: "10.79.0.51" });
    expect(found.get("10.79.0.50")?.use).toBe("used");
    expect(found.get("10.79.0.51")?.use).toBe("free");
    expect(Math.max(...[...found.values()].map(({ ms }) => ms))).toBeLessThan(BOUND_MS);
  });

  test("two hundred addresses are probed in the time of one", async () => {
    const targets = Array.from({ length: 200 }, (_, i) => ({ address: `10.79.0.${i + 20}` }));
    const found = await probe(native, ...targets);
    expect([...found].filter(([, { use }]) => use === "used").map(([address]) => address)).toEqual([
      "10.79.0.50",
    ]);
  });

  test("the machine that is to get the address may have it", async () => {
    expect((await probe(native, { address: "10.79.0.50", owner: MAC })).get("10.79.0.50")?.use).toBe("free");
  });

  test("a machine that hides behind a firewall is found", async () => {
    await machine.run(
      "nft",
      "add table ip t; add chain ip t in { type filter hook input priority 0; policy drop; }",
    );
    expect((await probe(native, { address: "10.79.0.50" })).get("10.79.0.50")?.use).toBe("used");
  });

  test("an address whose last owner has just gone is free, whatever the kernel remembers", async () => {
    await server.run("ip", "neigh", "replace", "10.79.0.60", "lladdr", MAC, "dev", "lan0", "nud", "stale");
    expect((await probe(native, { address: "10.79.0.60" })).get("10.79.0.60")?.use).toBe("free");
  });

  test("a machine behind a relay is found, and none is found where none is", async () => {
    const remote = await network.namespace("remote");
    await network.cable(
      { at: machine, device: "eth1", address: "10.80.0.1/24" },
      { at: remote, device: "eth0", address: "10.80.0.50/24" },
    );
    await machine.run("sysctl", "-qw", "net.ipv4.ip_forward=1");
    await remote.run("ip", "route", "add", "default", "via", "10.80.0.1");
    await server.run("ip", "route", "add", "10.80.0.0/24", "via", "10.79.0.50");
    const isRelayed = true;
    const found = await probe(
      native,
      { address: "10.80.0.50", isRelayed },
      { address: "10.80.0.51", isRelayed },
      { address: "172.31.99.1", isRelayed },
    );
    expect([...found].map(([address, { use }]) => `${address} ${use}`).toSorted()).toEqual([
      "10.80.0.50 used",
      "10.80.0.51 free",
      "172.31.99.1 free",
    ]);
  });

  test("an address whose interface has no such network is free", async () => {
    const arrival = { interface: "gone0", self: "10.99.0.2" };
    expect((await probe(native, { address: "10.99.0.3", arrival })).get("10.99.0.3")?.use).toBe("free");
  });
});

test.skipIf(lacks("lan"))(
  "a machine that is only about to take the address counts as one that has it",
  async () => {
    const claim = `
    import { loadNativeRaw } from ${JSON.stringify(new URL("../../src/io/dhcp/native-raw.ts", import.meta.url).href)};
    import { encodeArp } from ${JSON.stringify(new URL("../../src/wire/net/arp.ts", import.meta.url).href)};
    import { arpProbe } from ${JSON.stringify(new URL("../../src/boot/lease/conflict.ts", import.meta.url).href)};
    const socket = (await loadNativeRaw()).openArp("eth0");
    setInterval(() => socket.send(encodeArp(arpProbe("10.79.0.70", "${MAC}"))), 20);
    console.log("claiming");
  `;
    const claiming = await machine.start([process.execPath, "--input-type=module", "-e", claim]);
    await claiming.waitFor(/claiming/, WITHIN_MS);
    expect((await probe(true, { address: "10.79.0.70" })).get("10.79.0.70")?.use).toBe("used");
  },
);
