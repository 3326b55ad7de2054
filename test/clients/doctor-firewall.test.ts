/** Whether `mayfly doctor` knows which packets get past a firewall: real rules, met by real packets. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Finding } from "../../src/boot/doctor/finding.ts";
import { parseNft } from "../../src/boot/doctor/nft-rules.ts";
import type { Namespace } from "../../src/lab/namespace.ts";
import { createNetwork, type Network } from "../support/cables.ts";
import { ALL, shut } from "../support/firewall-rules.ts";
import { MAYFLY } from "../support/mayfly-server.ts";
import { lacks } from "../support/needs.ts";

const SERVER = "10.79.0.2";
const WITHIN_MS = 20_000;

let folder = "";
let network: Network;
let server: Namespace;
let machine: Namespace;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mayfly-wall-"));
  network = await createNetwork();
  [server, machine] = [await network.namespace("server"), await network.namespace("machine")];
  await network.cable(
    { at: server, device: "eth0", address: `${SERVER}/24` },
    { at: machine, device: "eth0", address: "10.79.0.50/24", mac: "52:54:00:77:41:01" },
  );
  // What comes in at all, and what is left of it behind every wall.
  await load(`table inet seen {
    chain before { type filter hook input priority -400; udp dport 9 counter; }
    chain behind { type filter hook input priority 400;
      udp dport 67 counter; udp dport 69 counter; udp dport 4011 counter; tcp dport 8080 counter; }
  }`);
});
afterEach(async () => {
  await network.close();
  await rm(folder, { recursive: true, force: true });
});

async function load(rules: string): Promise<void> {
  const file = join(folder, "rules.nft");
  await writeFile(file, rules);
  await server.run("nft", "-f", file);
}

/** The ports of which nothing came through that a machine sent: a DISCOVER, and what it sends once it has an address. */
async function heldBack(): Promise<readonly string[]> {
  const sent = [
    "busybox udhcpc -i eth0 -f -n -q -t 1 -T 1 -s /bin/true",
    ...[69, 4011, 9].map((port) => `echo > /dev/udp/${SERVER}/${port}`),
  ];
  await machine.run(
    "bash",
    "-c",
    `timeout 1 bash -c 'echo > /dev/tcp/${SERVER}/8080'; ${sent.join("; ")}; :`,
  );
  // A wire keeps the order: once the last one is in, all others have been.
  await expect.poll(() => countOf("udp dport 9"), { timeout: WITHIN_MS }).toBeGreaterThan(0);
  const counts = await Promise.all(
    ALL.map(async (port) => ({ port, count: await countOf(port.replace(" ", " dport ")) })),
  );
  return counts.filter(({ count }) => count === 0).map(({ port }) => port);
}

async function countOf(rule: string): Promise<number> {
  const text = await server.run("nft", "list", "table", "inet", "seen");
  return Number(new RegExp(`${rule} counter packets (\\d+)`).exec(text)?.[1] ?? Number.NaN);
}

async function read(): Promise<readonly string[]> {
  return shut(parseNft(await server.run("nft", "-j", "list", "ruleset")));
}

async function firewallFindings(): Promise<readonly Finding[]> {
  const at = ["--media", join(folder, "boot-media"), "--state", join(folder, "state"), "--interface", "eth0"];
  const command = [process.execPath, MAYFLY, "doctor", "--json", ...at];
  const text = await server.run("sh", "-c", '"$@" 2> /dev/null || true', "sh", ...command);
  const { findings }: { findings: readonly Finding[] } = JSON.parse(text);
  return findings.filter(({ code }) => code === "firewall");
}

/** As NixOS loads it with `networking.nftables.enable`. */
const nixos = (...allowed: readonly string[]) => `table inet nixos-fw {
  chain input-allow {
    tcp dport 22 accept
    ${allowed.join("\n    ")}
    icmp type echo-request accept comment "allow ping"
    icmpv6 type != { nd-redirect, 139 } accept
    ip6 daddr fe80::/64 udp dport 546 accept
  }
  chain input {
    type filter hook input priority filter; policy drop;
    iifname { "lo" } accept
    ct state vmap { invalid : drop, established : accept, related : accept, new : jump input-allow, untracked : jump input-allow }
    tcp flags & (fin | syn | rst | ack) == syn log level info prefix "refused connection: "
  }
}`;

/** As firewalld loads its zone \`public\`. */
const firewalld = (...allowed: readonly string[]) => `table inet firewalld {
  chain filter_IN_public_allow {
    tcp dport 22 accept
    ip6 daddr fe80::/64 udp dport 546 accept
    ${allowed.join("\n    ")}
  }
  chain filter_IN_public {
    jump filter_IN_public_allow
    meta l4proto { icmp, ipv6-icmp } accept
    reject with icmpx admin-prohibited
  }
  chain filter_INPUT_ZONES {
    goto filter_IN_public
  }
  chain filter_INPUT {
    type filter hook input priority filter + 10; policy accept;
    ct state { established, related } accept
    ct status dnat accept
    iifname "lo" accept
    ct state invalid drop
    jump filter_INPUT_ZONES
    reject with icmpx admin-prohibited
  }
}`;

const filter = (policy: string, ...rules: readonly string[]) => `table inet filter {
  chain input {
    type filter hook input priority filter; policy ${policy};
    ${rules.join("\n    ")}
  }
}`;

const PORTS = ["udp dport { 67, 69, 4011 } accept", "tcp dport 8080 accept"];

describe.skipIf(lacks("lan", "nft", "busybox", "bash"))("the firewall that nft has", () => {
  test.each<[what: string, rules: string, held: readonly string[]]>([
    ["NixOS with only SSH open", nixos(), ALL],
    ["NixOS with the ports open", nixos(...PORTS), []],
    ["firewalld with only SSH open", firewalld(), ALL],
    ["firewalld with the ports open", firewalld(...PORTS), []],
    [
      "what is open to the addresses of the network is shut to who has none yet",
      filter("drop", "ct state established,related accept", "ip saddr 10.79.0.0/24 accept"),
      ["udp 67"],
    ],
    ["senders without an address are kept out", filter("accept", "ip saddr 0.0.0.0/8 drop"), ["udp 67"]],
    ["a card's address lets in", filter("drop", "ether saddr 52:54:00:77:41:01 accept"), []],
    [
      "a map leads to chains",
      `table inet filter {
        chain udp-ports { udp dport vmap { 67 : accept, 69 : drop } ; return; }
        chain input { type filter hook input priority filter; policy drop;
          meta l4proto vmap { udp : jump udp-ports, tcp : accept }; }
      }`,
      ["udp 69", "udp 4011"],
    ],
  ])("%s: packets and the reading of the rules agree", async (_, rules, held) => {
    await load(rules);
    expect({ held: await heldBack(), read: await read() }).toEqual({ held, read: held });
  });

  test("the cure that the doctor prints lets the packets through, and then all is well", async () => {
    await load(filter("drop", "ip saddr 10.79.0.0/24 accept"));
    const [found, ...more] = await firewallFindings();
    expect(more).toEqual([]);
    expect(found).toMatchObject({
      level: "warning",
      text: "the firewall (nft: inet filter) drops what machines send to UDP 67",
    });
    await server.run("sh", "-c", (found?.cure ?? "false").replaceAll("sudo ", ""));
    expect(await heldBack()).toEqual([]);
    expect(await firewallFindings()).toMatchObject([{ level: "ok" }]);
  });
});
