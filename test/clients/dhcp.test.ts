/** DHCP over real sockets, in namespaces: each interface answers for itself, and neighbours are left alone. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { messageType } from "../../src/boot/dhcp/reply-type.ts";
import type { Namespace } from "../../src/lab/namespace.ts";
import { createLan } from "../../src/lab/network.ts";
import type { Program } from "../../src/lab/program.ts";
import { decodePacket } from "../../src/wire/dhcp/packet.ts";
import { createNetwork, type Network } from "../support/cables.ts";
import { udpDatagrams } from "../support/captured.ts";
import { lacks } from "../support/needs.ts";
import { unhex } from "../support/packets.ts";

const SERVER = fileURLToPath(new URL("../support/dhcp-server-program.ts", import.meta.url));
const CLIENT = fileURLToPath(new URL("../support/pxe-client-program.ts", import.meta.url));
const FUZZ = fileURLToPath(new URL("../support/dhcp-fuzz-program.ts", import.meta.url));
const MAC_A = "52:54:00:aa:00:01";
const MAC_B = "52:54:00:bb:00:01";
/** The machine of the captures. */
const MAC_CAPTURED = "52:54:00:77:00:10";

const WITHIN_MS = 10_000;

let network: Network;

interface Served {
  readonly interface: string;
  readonly self: string;
}

async function startServer(
  at: Namespace,
  interfaces: readonly Served[],
  native: boolean,
  moreMacs: readonly string[] = [],
  next: readonly Served[] = [],
): Promise<Program> {
  const arrivals = (served: readonly Served[]) => served.map((each) => ({ ...each, mtu: 1500 }));
  const settings = {
    interfaces: arrivals(interfaces),
    macs: [MAC_A, MAC_B, ...moreMacs],
    native,
    next: arrivals(next),
  };
  const server = await at.start([process.execPath, SERVER, JSON.stringify(settings)]);
  await server.waitFor(/^ready$/m, WITHIN_MS);
  return server;
}

/** A reply as the client program printed it. */
function readReply(line: string) {
  const { from, to, hex } = JSON.parse(line) as { from: string; to: number; hex: string };
  const packet = decodePacket(unhex(hex));
  return { from, to, type: messageType(packet), siaddr: packet.siaddr, file: packet.file };
}

/** Of its output, those that are whole. */
function linesOf(program: Program): string[] {
  return program.text().split("\n").slice(0, -1);
}

function events(server: Program): Record<string, unknown>[] {
  return linesOf(server)
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
}

/** Every DHCP packet that a client's interface saw, in both directions. */
async function startCapture(at: Namespace, file: string): Promise<Program> {
  const args = ["-i", "eth0", "-U", "-w", file, "--immediate-mode", "udp port 67 or udp port 68"];
  const capture = await at.start(["tcpdump", ...args]);
  await capture.waitFor(/listening on eth0/, WITHIN_MS);
  return capture;
}

function captured(file: string) {
  return udpDatagrams(readFileSync(file)).map(({ datagram }) => ({
    from: datagram.source.address,
    packet: decodePacket(datagram.payload),
  }));
}

describe.skipIf(lacks("lan", "dnsmasq", "udhcpc", "nft", "tcpdump")).each([
  ["sockets tied to their interface", true],
  ["one shared ear for broadcasts", false],
])("with %s", (_, native) => {
  beforeEach(async () => {
    network = await createNetwork();
  });
  afterEach(() => network.close());

  test("two served interfaces at once each answer with their own address, from 67 and 4011 (I4)", async () => {
    const server = await network.namespace("server");
    const [a, b] = [await network.namespace("a"), await network.namespace("b")];
    await network.cable(
      { at: server, device: "lan0", address: "10.71.0.2/24" },
      { at: a, device: "eth0", address: "10.71.0.50/24", mac: MAC_A },
    );
    await network.cable(
      { at: server, device: "lan1", address: "10.72.0.2/24" },
      { at: b, device: "eth0", address: "10.72.0.50/24", mac: MAC_B },
    );
    // The client program is no firmware: the kernel wants a route before it sends to 255.255.255.255.
    for (const at of [a, b]) await at.run("ip", "route", "add", "default", "dev", "eth0");
    const served = [
      { interface: "lan0", self: "10.71.0.2" },
      { interface: "lan1", self: "10.72.0.2" },
    ];
    const running = await startServer(server, served, native);

    // One after the other, so that what one hears can be told from the other's doing.
    const clients = [
      { at: a, mac: MAC_A, address: "10.71.0.50", self: "10.71.0.2" },
      { at: b, mac: MAC_B, address: "10.72.0.50", self: "10.72.0.2" },
    ];
    for (const { at, mac, address, self } of clients) {
      const client = await at.start([process.execPath, CLIENT, mac, address]);
      await client.waitFor(/"to":4011.*\n/, WITHIN_MS);
      await client.stop();
      const boot = { siaddr: self, file: "ipxe-x64.efi" };
      expect(linesOf(client).map(readReply)).toEqual([
        { from: `${self}:67`, to: 68, type: "OFFER", ...boot },
        { from: `${self}:4011`, to: 4011, type: "ACK", ...boot },
      ]);
    }

    const decided = events(running).map(({ interface: device, port, reply }) => `${device} ${port} ${reply}`);
    if (native) {
      expect(decided).toEqual(["lan0 67 OFFER", "lan0 4011 ACK", "lan1 67 OFFER", "lan1 4011 ACK"]);
    } else {
      // Nobody can tell where a broadcast came in, so both networks get an offer, each its own.
      expect(decided).toEqual([
        "lan0 67 OFFER",
        "lan1 67 OFFER",
        "lan0 4011 ACK",
        "lan0 67 OFFER",
        "lan1 67 OFFER",
        "lan1 4011 ACK",
      ]);
    }
  });

  test("udhcpc is left alone, and gets its address from the neighbour", async () => {
    const lan = await createLan();
    onTestFinished(() => lan.close());
    const machine = await lan.addHost("machine");
    await machine.run("ip", "link", "set", "eth0", "address", MAC_A);
    const running = await startServer(lan.server, [{ interface: "eth0", self: lan.serverAddress }], native);
    const file = join(lan.scratch, "udhcpc.pcap");
    const capture = await startCapture(machine, file);

    const plain = await machine.start(["udhcpc", "-f", "-q", "-n", "-i", "eth0", "-s", "/bin/true"]);
    await plain.waitFor(/lease of 10\.77\.0\.[12]\d\d obtained/, WITHIN_MS);
    expect((await plain.ended).code).toBe(0);

    // The same machine, netbooting: the server is there, and answers when it is asked.
    await machine.run("ip", "address", "add", "10.77.0.50/24", "dev", "eth0");
    await machine.run("ip", "route", "add", "default", "dev", "eth0");
    const client = await machine.start([process.execPath, CLIENT, MAC_A, "10.77.0.50"]);
    await running.waitFor(/"reply":"OFFER"/, WITHIN_MS);
    await client.stop();
    await capture.stop();

    const replies = captured(file).map(({ from, packet }) => [from, messageType(packet), packet.xid]);
    const pxeXid = 0x12345678;
    const toUdhcpc = replies.filter(
      ([, type, xid]) => (type === "OFFER" || type === "ACK") && xid !== pxeXid,
    );
    expect(toUdhcpc.map(([from, type]) => [from, type])).toEqual([
      ["10.77.0.1", "OFFER"],
      ["10.77.0.1", "ACK"],
    ]);
    expect(replies).toContainEqual([lan.serverAddress, "OFFER", pxeXid]);
    expect(events(running).map(({ type }) => type)).toEqual(expect.not.arrayContaining(["malformed", "bug"]));
  });

  test("a client behind a relay gets its offer through it (Q10), and its boot file by 4011 directly", async () => {
    const server = await network.namespace("server");
    const relay = await network.namespace("relay");
    const machine = await network.namespace("machine");
    await network.cable(
      { at: server, device: "lan0", address: "10.76.0.2/24" },
      { at: relay, device: "up0", address: "10.76.0.1/24" },
    );
    await network.cable(
      { at: relay, device: "down0", address: "10.75.0.1/24" },
      { at: machine, device: "eth0", address: "10.75.0.50/24", mac: MAC_A },
    );
    await server.run("ip", "route", "add", "10.75.0.0/24", "via", "10.76.0.1");
    await machine.run("ip", "route", "add", "default", "via", "10.75.0.1");
    await relay.run("sysctl", "-qw", "net.ipv4.ip_forward=1");
    const relaying = await relay.start([
      ...(["dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--user=root", "--port=0"] as const),
      "--dhcp-relay=10.75.0.1,10.76.0.2",
    ]);
    await relaying.waitFor(/DHCP relay from 10\.75\.0\.1 to 10\.76\.0\.2/, WITHIN_MS);
    await startServer(server, [{ interface: "lan0", self: "10.76.0.2" }], native);

    const client = await machine.start([process.execPath, CLIENT, MAC_A, "10.75.0.50"]);
    await client.waitFor(/"to":4011.*\n/, WITHIN_MS);
    const boot = { siaddr: "10.76.0.2", file: "ipxe-x64.efi" };
    expect(linesOf(client).map(readReply)).toEqual([
      { from: "10.75.0.1:67", to: 68, type: "OFFER", ...boot },
      { from: "10.76.0.2:4011", to: 4011, type: "ACK", ...boot },
    ]);
  });

  test("spoiled datagrams on both ports are malformed or nothing, and the next client is answered", async () => {
    const [server, machine] = [await network.namespace("server"), await network.namespace("machine")];
    await network.cable(
      { at: server, device: "lan0", address: "10.78.0.2/24" },
      { at: machine, device: "eth0", address: "10.78.0.50/24", mac: MAC_A },
    );
    await machine.run("ip", "route", "add", "default", "dev", "eth0");
    // Without a way to where the spoiled packets say their relays are, sending fails as well.
    const running = await startServer(server, [{ interface: "lan0", self: "10.78.0.2" }], native, [
      MAC_CAPTURED,
    ]);
    const fuzz = await machine.start([process.execPath, FUZZ, "10.78.0.2", "5000", "77"]);
    await fuzz.waitFor(/^sent$/m, WITHIN_MS);

    const client = await machine.start([process.execPath, CLIENT, MAC_A, "10.78.0.50"]);
    await client.waitFor(/"to":4011.*\n/, WITHIN_MS);
    const types = new Set(events(running).map(({ type }) => type));
    expect(types).toContain("dhcp");
    expect(types).toContain("malformed");
    expect(types).not.toContain("bug");
  });

  test("it closes its sockets, so that the next one can start", async () => {
    const server = await network.namespace("server");
    const served = [{ interface: "lo", self: "127.0.0.1" }];
    for (let times = 0; times < 2; times++) {
      const running = await startServer(server, served, native);
      await running.stop();
      expect(linesOf(running)).toEqual(["ready", "closed"]);
    }
  });

  test("an address that is not ours is an error that names it", async () => {
    const server = await network.namespace("server");
    const settings = { interfaces: [{ interface: "lo", self: "10.9.9.9", mtu: 1500 }], macs: [], native };
    const running = await server.start([process.execPath, SERVER, JSON.stringify(settings)]);
    expect((await running.waitFor(/^failed.*\n/m, WITHIN_MS))[0]).toMatch(
      /^failed: EADDRNOTAVAIL bind EADDRNOTAVAIL 10\.9\.9\.9:67/,
    );
    expect((await running.ended).code).toBe(0);
  });

  test("a port without the right to it is EACCES", async () => {
    const server = await network.namespace("server");
    const settings = { interfaces: [{ interface: "lo", self: "127.0.0.1", mtu: 1500 }], macs: [], native };
    const running = await server.start([
      ...(["setpriv", "--bounding-set", "-net_bind_service"] as const),
      ...[process.execPath, SERVER, JSON.stringify(settings)],
    ]);
    expect((await running.waitFor(/^failed.*\n/m, WITHIN_MS))[0]).toMatch(
      /^failed: EACCES bind EACCES 127\.0\.0\.1:67/,
    );
    expect((await running.ended).code).toBe(0);
  });

  test("a port that some other program holds for itself is EADDRINUSE", async () => {
    const server = await network.namespace("server");
    const squat = "const s=require('dgram').createSocket('udp4');s.bind(4011,()=>console.log('squats'))";
    const squatter = await server.start([process.execPath, "-e", squat]);
    await squatter.waitFor(/squats/, WITHIN_MS);
    const settings = { interfaces: [{ interface: "lo", self: "127.0.0.1", mtu: 1500 }], macs: [], native };
    const running = await server.start([process.execPath, SERVER, JSON.stringify(settings)]);
    expect((await running.waitFor(/^failed.*\n/m, WITHIN_MS))[0]).toMatch(
      /^failed: EADDRINUSE bind EADDRINUSE 127\.0\.0\.1:4011/,
    );
    // Nothing stayed open: the program ends by itself.
    expect((await running.ended).code).toBe(0);
  });

  test("an address that another server answers from is EADDRINUSE, though the kernel would share it", async () => {
    const server = await network.namespace("server");
    const served = [{ interface: "lo", self: "127.0.0.1" }];
    await startServer(server, served, native);
    const settings = { interfaces: [{ interface: "lo", self: "127.0.0.1", mtu: 1500 }], macs: [], native };
    const second = await server.start([process.execPath, SERVER, JSON.stringify(settings)]);
    await second.waitFor(/^failed: EADDRINUSE bind EADDRINUSE 127\.0\.0\.1:67$/m, WITHIN_MS);
    expect((await second.ended).code).toBe(0);
  });

  test("interfaces change while it runs: one goes, one has another address, one comes", async () => {
    const server = await network.namespace("server");
    const [a, b] = [await network.namespace("a"), await network.namespace("b")];
    await network.cable(
      { at: server, device: "lan0", address: "10.71.0.2/24" },
      { at: a, device: "eth0", address: "10.71.0.50/24", mac: MAC_A },
    );
    await network.cable(
      { at: server, device: "lan1", address: "10.72.0.2/24" },
      { at: b, device: "eth0", address: "10.72.0.50/24", mac: MAC_B },
    );
    for (const at of [a, b]) await at.run("ip", "route", "add", "default", "dev", "eth0");
    await server.run("ip", "address", "add", "10.71.0.9/24", "dev", "lan0");
    const served = [
      { interface: "lan0", self: "10.71.0.2" },
      { interface: "lo", self: "127.0.0.1" },
    ];
    const next = [
      { interface: "lan1", self: "10.72.0.2" },
      { interface: "lan0", self: "10.71.0.9" },
    ];
    const running = await startServer(server, served, native, [], next);
    const repliesTo = async (at: Namespace, mac: string, address: string) => {
      const client = await at.start([process.execPath, CLIENT, mac, address]);
      await client.waitFor(/"to":4011.*\n/, WITHIN_MS);
      await client.stop();
      return linesOf(client).map((line) => readReply(line).from);
    };
    expect(await repliesTo(a, MAC_A, "10.71.0.50")).toEqual(["10.71.0.2:67", "10.71.0.2:4011"]);
    process.kill(running.pid, "SIGUSR2");
    await running.waitFor(/^moved$/m, WITHIN_MS);
    expect(await repliesTo(a, MAC_A, "10.71.0.50")).toEqual(["10.71.0.9:67", "10.71.0.9:4011"]);
    expect(await repliesTo(b, MAC_B, "10.72.0.50")).toEqual(["10.72.0.2:67", "10.72.0.2:4011"]);
  });

  test("a firewall that refuses replies is one notice, with a cure, and no end of the server", async () => {
    const [server, machine] = [await network.namespace("server"), await network.namespace("machine")];
    await network.cable(
      { at: server, device: "lan0", address: "10.74.0.2/24" },
      { at: machine, device: "eth0", address: "10.74.0.50/24", mac: MAC_A },
    );
    await machine.run("ip", "route", "add", "default", "dev", "eth0");
    const rules = "add table ip t; add chain ip t out { type filter hook output priority 0; }";
    await server.run("nft", `${rules}; add rule ip t out udp sport 67 drop`);
    const running = await startServer(server, [{ interface: "lan0", self: "10.74.0.2" }], native);
    for (const nth of [1, 2, 3]) {
      const client = await machine.start([process.execPath, CLIENT, MAC_A, "10.74.0.50"]);
      await running.waitFor(new RegExp(`(?:"type":"dhcp"[^]*){${nth}}`), WITHIN_MS);
      await client.stop();
    }
    await running.waitFor(/"type":"notice".*\n/, WITHIN_MS);
    const notices = events(running).filter(({ type }) => type === "notice");
    expect(notices).toEqual([
      expect.objectContaining({
        level: "warn",
        text: expect.stringContaining("EPERM"),
        cure: expect.stringContaining("firewall"),
      }),
    ]);
    await server.run("nft", "flush ruleset");
    const client = await machine.start([process.execPath, CLIENT, MAC_A, "10.74.0.50"]);
    await client.waitFor(/"to":4011.*\n/, WITHIN_MS);
    await client.stop();
  });
});
