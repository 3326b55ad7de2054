/** Real firmware behind real relays: the boot server and the server of addresses are in other networks. */

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Firmware, startMachine } from "../../src/lab/machine.ts";
import type { Namespace } from "../../src/lab/namespace.ts";
import { createLan, type Lan } from "../../src/lab/network.ts";
import type { Program } from "../../src/lab/program.ts";
import { OPTION } from "../../src/wire/dhcp/option.ts";
import { BOOTREPLY, BOOTREQUEST, type DhcpPacket, decodePacket } from "../../src/wire/dhcp/packet.ts";
import { makeImage, waitForBoot } from "../support/boot-images.ts";
import { udpDatagrams } from "../support/captured.ts";
import { ensureDhcrelay } from "../support/dhcrelay.ts";
import { startMayfly } from "../support/mayfly-server.ts";
import { lacks } from "../support/needs.ts";

const WITHIN_MS = 10_000;
const BOOT_WITHIN_MS = 120_000;
const MAC = "52:54:00:77:06:01";

const [RELAY, BOOT, ADDRESSES] = ["10.77.0.1", "10.76.0.2", "10.74.0.2"] as const;
const DNSMASQ = ["dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--user=root", "--port=0"] as const;

let folder = "";
let lan: Lan;
/** Gives addresses, and knows nothing of booting. */
let giver: Namespace;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mayfly-relay-"));
  lan = await createLan();
  // The LAN's router is a relay here, and both servers lie behind it, each in a network of its own.
  await lan.dhcp.stop();
  giver = await lan.addHost("giver");
  await attach(lan.server, "up0", "10.76.0.1", BOOT);
  await attach(giver, "up1", "10.74.0.1", ADDRESSES);
  await lan.router.run("sysctl", "-qw", "net.ipv4.ip_forward=1");
  await startGiver();
});
afterEach(async () => {
  await lan?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Takes a host off the LAN, and puts it behind the router. */
async function attach(host: Namespace, device: string, gateway: string, address: string): Promise<void> {
  await host.run("ip", "link", "del", "eth0");
  const peer = ["peer", "name", "eth0", "netns", String(host.pid)];
  await lan.router.run("ip", "link", "add", device, "type", "veth", ...peer);
  await lan.router.run("ip", "address", "add", `${gateway}/24`, "dev", device);
  await lan.router.run("ip", "link", "set", device, "up");
  await host.run("ip", "address", "add", `${address}/24`, "dev", "eth0");
  await host.run("ip", "link", "set", "eth0", "up");
  await host.run("ip", "route", "add", "default", "via", gateway);
}

async function startGiver(): Promise<void> {
  const started = await giver.start([
    ...DNSMASQ,
    ...["--dhcp-range=10.77.0.100,10.77.0.200,255.255.255.0,1h", `--dhcp-option=3,${RELAY}`, "--no-ping"],
    ...[`--dhcp-leasefile=${join(lan.scratch, "giver")}`, "--log-facility=-"],
  ]);
  await started.waitFor(/DHCP, IP range/, WITHIN_MS);
}

/** Without a router advertisement each iPXE waits some 15 s for one. */
const ADVERTISE = ["--interface=eth0", "--enable-ra", "--dhcp-range=fd77::,ra-only", "--log-facility=-"];

async function startDnsmasqRelay(): Promise<Program> {
  const servers = [BOOT, ADDRESSES].map((server) => `--dhcp-relay=${RELAY},${server}`);
  const started = await lan.router.start([
    ...DNSMASQ,
    ...ADVERTISE,
    // The servers' replies come in by these.
    ...["--interface=up0", "--interface=up1"],
    ...servers,
    "--log-dhcp",
  ]);
  await started.waitFor(/DHCP relay from 10\.77\.0\.1 to 10\.74\.0\.2/, WITHIN_MS);
  return started;
}

async function startDhcrelay(): Promise<Program> {
  const advertiser = await lan.router.start([...DNSMASQ, ...ADVERTISE]);
  await advertiser.waitFor(/router advertisement|RTR-ADVERT/, WITHIN_MS);
  const interfaces = ["-id", "eth0", "-iu", "up0", "-iu", "up1"];
  const pid = join(lan.scratch, "dhcrelay.pid");
  const program = await ensureDhcrelay();
  const started = await lan.router.start([
    program,
    "-4",
    "-d",
    "-a",
    "-pf",
    pid,
    ...interfaces,
    BOOT,
    ADDRESSES,
  ]);
  await started.waitFor(/Sending on +Socket\/fallback/, WITHIN_MS);
  return started;
}

async function expectBoot(firmware: Firmware): Promise<Program> {
  const image = await makeImage(folder, "x64", "relayed-1");
  const server = await startMayfly(lan, { folder, hosts: { "52-54-00-77-06-01": image.folder } });
  const machine = await startMachine(lan, { firmware, mac: MAC });
  try {
    expect((await waitForBoot(machine, BOOT_WITHIN_MS)).stamp).toBe("relayed-1");
  } finally {
    await machine.stop();
  }
  return server;
}

/** The DHCP packets that the boot server saw, in both directions. */
async function captured(file: string): Promise<DhcpPacket[]> {
  return udpDatagrams(await readFile(file)).map(({ datagram }) => decodePacket(datagram.payload));
}

describe.skipIf(lacks("lan", "lab-files", "dnsmasq", "dhcrelay", "tcpdump", "qemu-system-x86_64"))(
  "with the boot server in another network",
  () => {
    test("an x64 UEFI machine boots through dnsmasq's relay (Q10)", async () => {
      await startDnsmasqRelay();
      const server = await expectBoot("ovmf");
      expect(server.text()).toMatch(/REQUEST on eth0 port 4011: ACK/);
    });

    test("an x64 UEFI machine boots through ISC's relay, which adds option 82 (Q10)", async () => {
      await startDhcrelay();
      const file = join(folder, "relayed.pcap");
      const args = ["-i", "eth0", "-U", "-w", file, "--immediate-mode", "udp port 67"];
      const capture = await lan.server.start(["tcpdump", ...args]);
      await capture.waitFor(/listening on eth0/, WITHIN_MS);
      await expectBoot("ovmf");
      await capture.stop();
      const packets = await captured(file);
      const offers = packets.filter(({ op }) => op === BOOTREPLY);
      expect(offers.length).toBeGreaterThan(0);
      for (const { xid, giaddr, options } of offers) {
        const asked = packets.find((each) => each.op === BOOTREQUEST && each.xid === xid);
        expect(giaddr).toBe(RELAY);
        // The relay put it at the end, and finds it there, unchanged (RFC 3046 §2.2).
        expect([...options.keys()].at(-1)).toBe(OPTION.RELAY_AGENT);
        expect(options.get(OPTION.RELAY_AGENT)).toEqual(asked?.options.get(OPTION.RELAY_AGENT));
      }
    });

    test("a BIOS machine boots through ISC's relay, which adds option 82 (Q10)", async () => {
      await startDhcrelay();
      await expectBoot("bios");
    });
  },
);
