/** Networks that change under a running server, and machines behind address translation. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Namespace } from "../../src/lab/namespace.ts";
import type { Program } from "../../src/lab/program.ts";
import { decodePacket } from "../../src/wire/dhcp/packet.ts";
import { createNetwork, type Network } from "../support/cables.ts";
import { homestakeros } from "../support/image-folders.ts";
import { startMayfly } from "../support/mayfly-server.ts";
import { lacks } from "../support/needs.ts";
import { unhex } from "../support/packets.ts";

const PXE_CLIENT = fileURLToPath(new URL("../support/pxe-client-program.ts", import.meta.url));
const PAUSED_TFTP = fileURLToPath(new URL("../support/tftp-paused-program.ts", import.meta.url));

const WITHIN_MS = 20_000;
const MAC = "52:54:00:aa:00:01";
/** Of Debian's package ipxe, under the name that it is served by. */
const PROGRAM = "undionly.kpxe";
const INITRD = "x".repeat(6_000_000);

let network: Network;
let server: Namespace;
let machine: Namespace;
let folder = "";

beforeEach(async () => {
  network = await createNetwork();
  server = await network.namespace("server");
  machine = await network.namespace("machine");
  folder = join(network.scratch, "mayfly");
  const image = join(network.scratch, "image");
  mkdirSync(image, { recursive: true });
  for (const [name, text] of Object.entries({ ...homestakeros(), "initrd.zst": INITRD })) {
    writeFileSync(join(image, name), text);
  }
  mkdirSync(join(folder, "boot-media", "hosts"), { recursive: true });
});
afterEach(() => network.close());

const mayfly = (args: readonly string[] = [], started?: RegExp) =>
  startMayfly(
    { server },
    {
      folder,
      hosts: { default: join(network.scratch, "image") },
      args,
      ...(started === undefined ? {} : { started }),
    },
  );

/** The offers, and the answers on port 4011, that a PXE client gets which starts now. */
async function discover(at: Namespace, address: string, mac = MAC): Promise<string[]> {
  const client = await at.start([process.execPath, PXE_CLIENT, mac, address]);
  await client.waitFor(/"to":4011.*\n/, WITHIN_MS);
  await client.stop();
  return client
    .text()
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as { from: string; hex: string })
    .map(({ from, hex }) => `${from} says ${decodePacket(unhex(hex)).siaddr}`);
}

type Fetch = (at: Namespace, from: string, file: string) => Promise<string>;

const tftpHpa: Fetch = async (at, from, file) => {
  const local = join(network.scratch, "tftp-hpa");
  await at.run("tftp", "-m", "binary", from, "-c", "get", file, local);
  return at.run("sh", "-c", `cksum < ${local}; rm ${local}`);
};
const atftp: Fetch = async (at, from, file) => {
  const local = join(network.scratch, "atftp");
  await at.run("atftp", ...["--option", "blksize 1400", "-g", "-r", file, "-l", local, from]);
  return at.run("sh", "-c", `cksum < ${local}; rm ${local}`);
};
const curl: Fetch = (at, from, file) =>
  at.run("sh", "-c", `curl -sS --fail -m 30 tftp://${from}/${file} | cksum`);
const busybox: Fetch = async (at, from, file) => {
  const local = join(network.scratch, "busybox");
  await at.run("busybox", "tftp", "-g", "-r", file, "-l", local, from);
  return at.run("sh", "-c", `cksum < ${local}; rm ${local}`);
};
const TFTP_CLIENTS = { "tftp-hpa": tftpHpa, atftp, curl, busybox };

const expected = (): Promise<string> => machine.run("sh", "-c", `cksum < /usr/lib/ipxe/${PROGRAM}`);

const http = (at: Namespace, url: string): Promise<string> =>
  at.run("curl", "-sS", "-m", "30", "-o", "-", "-w", " %{http_code}", url);

/** Plugs a machine into the server, the server's end being a new interface. */
async function plug(device: string, address: string, to: Namespace, own: string, mac = MAC): Promise<void> {
  await network.cable({ at: server, device, address }, { at: to, device: "eth0", address: own, mac });
  // The client program is no firmware: the kernel wants a route before it sends to 255.255.255.255.
  await to.run("ip", "route", "add", "default", "dev", "eth0");
}

const lacking = lacks("lan", "tftp", "atftp", "curl", "busybox", "nft", "dnsmasq");

describe.skipIf(lacking)("while the server runs,", () => {
  test("an interface that comes is served by all ports, and until then it waits and says so", async () => {
    const running = await mayfly([], /^mayfly waits for an interface to serve$/m);
    expect(running.text()).toMatch(/no interface to serve: there is lo \(127\.0\.0\.1\)/);
    expect(await http(server, "http://127.0.0.1:8080/readyz")).toMatch(/ 503$/);

    await plug("lan0", "10.80.0.2/24", machine, "10.80.0.50/24");
    await running.waitFor(
      /^mayfly is ready: http:\/\/10\.80\.0\.2:8080 \(lan0\); TFTP on port 69, proxyDHCP\b.*$/m,
      WITHIN_MS,
    );
    expect(running.text()).toMatch(/lan0 has the address 10\.80\.0\.2: machines are served there now/);
    expect(await http(server, "http://127.0.0.1:8080/readyz")).toMatch(/ 200$/);
    expect(await http(machine, "http://10.80.0.2:8080/healthz")).toMatch(/ 200$/);
    expect(await discover(machine, "10.80.0.50")).toEqual([
      "10.80.0.2:67 says 10.80.0.2",
      "10.80.0.2:4011 says 10.80.0.2",
    ]);
    expect(await curl(machine, "10.80.0.2", PROGRAM)).toBe(await expected());
  });

  test("a named interface that is not there is told with those that are, and served when it comes", async () => {
    await plug("lan0", "10.80.0.2/24", machine, "10.80.0.50/24");
    const named = ["--interface", "lan0", "--interface", "lan0.100"];
    const running = await mayfly(named);
    expect(running.text()).toMatch(
      /no interface lan0\.100 with an IPv4 address: there is .*lan0 \(10\.80\.0\.2\)/,
    );
    const vlan = await network.namespace("vlan");
    await plug("lan0.100", "10.81.0.2/24", vlan, "10.81.0.50/24");
    await running.waitFor(/lan0\.100 has the address 10\.81\.0\.2/, WITHIN_MS);
    expect(await discover(vlan, "10.81.0.50")).toEqual([
      "10.81.0.2:67 says 10.81.0.2",
      "10.81.0.2:4011 says 10.81.0.2",
    ]);
  });

  test("with --strict an interface that is not there ends it, with what there is", async () => {
    const running = await mayfly(["--interface", "eht0", "--strict"], /no interface eht0/);
    expect((await running.ended).code).toBe(1);
    expect(running.text()).toMatch(/no interface eht0 with an IPv4 address: there is lo \(127\.0\.0\.1\)/);
  });

  test("an address changes, and the next DHCP, TFTP and HTTP go by the new one", async () => {
    await plug("lan0", "10.80.0.2/24", machine, "10.80.0.50/24");
    const running = await mayfly();
    expect(await discover(machine, "10.80.0.50")).toContain("10.80.0.2:67 says 10.80.0.2");
    await server.run("ip", "address", "add", "10.80.0.9/24", "dev", "lan0");
    // The second of a subnet goes with the first, unless it is promoted.
    await server.run("ip", "address", "flush", "dev", "lan0");
    await server.run("ip", "address", "add", "10.80.0.9/24", "dev", "lan0");
    await running.waitFor(/lan0 has (the address )?10\.80\.0\.9/, WITHIN_MS);

    expect(await discover(machine, "10.80.0.50")).toEqual([
      "10.80.0.9:67 says 10.80.0.9",
      "10.80.0.9:4011 says 10.80.0.9",
    ]);
    expect(await curl(machine, "10.80.0.9", PROGRAM)).toBe(await expected());
    expect(await curl(machine, "10.80.0.9", "autoexec.ipxe")).not.toBe("");
    expect(await machine.run("curl", "-sS", "tftp://10.80.0.9/autoexec.ipxe")).toContain(
      "http://10.80.0.9:8080/",
    );
    expect(await http(machine, "http://10.80.0.9:8080/readyz")).toMatch(/ 200$/);
  });

  test("an interface goes, is made anew with the same address, and is served again", async () => {
    await plug("lan0", "10.80.0.2/24", machine, "10.80.0.50/24");
    const running = await mayfly(["--interface", "lan0"]);
    await server.run("ip", "link", "del", "lan0");
    await running.waitFor(/lan0 no longer has the address 10\.80\.0\.2/, WITHIN_MS);
    expect(await http(server, "http://127.0.0.1:8080/readyz")).toMatch(/ 503$/);
    await plug("lan0", "10.80.0.2/24", machine, "10.80.0.50/24");
    await running.waitFor(/lan0 has the address 10\.80\.0\.2/, WITHIN_MS);
    expect(await discover(machine, "10.80.0.50")).toHaveLength(2);
    expect(await tftpHpa(machine, "10.80.0.2", PROGRAM)).toBe(await expected());
  });

  test.each([
    ["of their own", []],
    ["shared by all", ["--tftp-single-port"]],
  ])(
    "transfers through ports %s go on, while another interface goes and a third one comes",
    async (_, args) => {
      const other = await network.namespace("other");
      await plug("lan0", "10.80.0.2/24", machine, "10.80.0.50/24");
      await plug("lan1", "10.81.0.2/24", other, "10.81.0.50/24", "52:54:00:bb:00:01");
      const running = await mayfly(args);
      const [, generation = ""] = await running.waitFor(
        /default: (\S+) .*is live for the next boot/,
        WITHIN_MS,
      );
      const paused = [process.execPath, PAUSED_TFTP, "10.80.0.2", "69", PROGRAM, "1400"] as const;
      const tftp = await machine.start([...paused]);
      await tftp.waitFor(/^paused at 10\.80\.0\.2:\d+$/m, WITHIN_MS);
      const file = `http://10.80.0.2:8080/media/${generation}/initrd.zst`;
      const local = join(network.scratch, "initrd");
      const slow = await machine.start(["curl", "-sS", "--limit-rate", "2M", "-o", local, file]);

      await server.run("ip", "link", "del", "lan1");
      await running.waitFor(/lan1 no longer has the address 10\.81\.0\.2/, WITHIN_MS);
      const third = await network.namespace("third");
      await plug("lan2", "10.82.0.2/24", third, "10.82.0.50/24", "52:54:00:cc:00:01");
      await running.waitFor(/lan2 has the address 10\.82\.0\.2/, WITHIN_MS);
      expect(await discover(third, "10.82.0.50", "52:54:00:cc:00:01")).toHaveLength(2);

      process.kill(tftp.pid, "SIGUSR2");
      await tftp.waitFor(/^done 74213$/m, WITHIN_MS);
      expect((await slow.ended).code).toBe(0);
      expect(await machine.run("sh", "-c", `wc -c < ${local}`)).toBe(`${INITRD.length}\n`);
    },
  );

  test("a cable is pulled for a while, and transfers under way wait for it", async () => {
    await plug("lan0", "10.80.0.2/24", machine, "10.80.0.50/24");
    const running = await mayfly(["--tftp-single-port"]);
    const tftp = await machine.start([process.execPath, PAUSED_TFTP, "10.80.0.2", "69", PROGRAM, "1400"]);
    await tftp.waitFor(/^paused at 10\.80\.0\.2:69$/m, WITHIN_MS);
    await machine.run("ip", "link", "set", "eth0", "down");
    // Another change shows that it has looked meanwhile.
    const other = await network.namespace("other");
    await plug("lan1", "10.81.0.2/24", other, "10.81.0.50/24", "52:54:00:bb:00:01");
    await running.waitFor(/lan1 has the address/, WITHIN_MS);
    await machine.run("ip", "link", "set", "eth0", "up");
    process.kill(tftp.pid, "SIGUSR2");
    await tftp.waitFor(/^done 74213$/m, WITHIN_MS);
    expect(running.text()).not.toMatch(/lan0 no longer/);
  });

  test("the block size follows each interface's MTU, and its changes (T4)", async () => {
    const other = await network.namespace("other");
    await plug("lan0", "10.80.0.2/24", machine, "10.80.0.50/24");
    await plug("lan1", "10.81.0.2/24", other, "10.81.0.50/24", "52:54:00:bb:00:01");
    await server.run("ip", "link", "set", "lan1", "mtu", "1400");
    const running = await mayfly();
    const agreed = async (at: Namespace, from: string) => {
      const client = await at.start([process.execPath, PAUSED_TFTP, from, "69", PROGRAM, "1468"]);
      const [, size] = await client.waitFor(/^OACK blksize=(\d+)$/m, WITHIN_MS);
      await client.stop();
      return Number(size);
    };
    expect(await agreed(machine, "10.80.0.2")).toBe(1468);
    expect(await agreed(other, "10.81.0.2")).toBe(1368);
    await server.run("ip", "link", "set", "lan0", "mtu", "1280");
    await running.waitFor(/lan0 has an MTU of 1280 bytes now/, WITHIN_MS);
    expect(await agreed(machine, "10.80.0.2")).toBe(1248);
  });
});

describe.skipIf(lacking)("an interface with two subnets", () => {
  test("answers a broadcast once, and what is asked at its second address from there (T6)", async () => {
    await plug("lan0", "10.80.0.2/24", machine, "10.80.0.50/24");
    await server.run("ip", "address", "add", "10.81.0.2/24", "dev", "lan0", "label", "lan0:1");
    await machine.run("ip", "address", "add", "10.81.0.50/24", "dev", "eth0");
    await mayfly();
    expect(await discover(machine, "10.80.0.50")).toEqual([
      "10.80.0.2:67 says 10.80.0.2",
      "10.80.0.2:4011 says 10.80.0.2",
    ]);
    for (const [name, fetch] of Object.entries(TFTP_CLIENTS)) {
      expect([name, await fetch(machine, "10.81.0.2", PROGRAM)]).toEqual([name, await expected()]);
    }
    const script = await machine.run("curl", "-sS", "tftp://10.81.0.2/autoexec.ipxe");
    expect(script).toContain("http://10.81.0.2:8080/");
    expect(await http(machine, "http://10.81.0.2:8080/healthz")).toMatch(/ 200$/);
    const paused = await machine.start([process.execPath, PAUSED_TFTP, "10.81.0.2", "69", PROGRAM, "1400"]);
    await paused.waitFor(/^paused at 10\.81\.0\.2:\d+$/m, WITHIN_MS);
  });
});

test.skipIf(lacking)(
  "two cards in one network may take each other's packets, and both are answered",
  async () => {
    const hub = await network.namespace("hub");
    await hub.run("ip", "link", "add", "br0", "type", "bridge", "forward_delay", "0");
    await hub.run("ip", "link", "set", "br0", "up");
    const macs = { lan0: "52:54:00:dd:00:02", lan1: "52:54:00:dd:00:03" };
    await network.cable(
      { at: server, device: "lan0", address: "10.80.0.2/24", mac: macs.lan0 },
      { at: hub, device: "p0" },
    );
    await network.cable(
      { at: server, device: "lan1", address: "10.80.0.3/24", mac: macs.lan1 },
      { at: hub, device: "p1" },
    );
    await network.cable(
      { at: machine, device: "eth0", address: "10.80.0.50/24", mac: MAC },
      { at: hub, device: "p2" },
    );
    for (const port of ["p0", "p1", "p2"]) await hub.run("ip", "link", "set", port, "master", "br0");
    await machine.run("ip", "route", "add", "default", "dev", "eth0");
    // Either card answers the ARP question for any address of the machine's; here always the wrong one.
    await machine.run("ip", "neigh", "replace", "10.80.0.2", "lladdr", macs.lan1, "dev", "eth0");
    await machine.run("ip", "neigh", "replace", "10.80.0.3", "lladdr", macs.lan0, "dev", "eth0");
    await mayfly();
    const replies = await discover(machine, "10.80.0.50");
    const [, chosen] = /^(\S+):67 says/.exec(replies[0] ?? "") ?? [];
    expect(replies).toContain(`${chosen}:4011 says ${chosen}`);
    for (const self of ["10.80.0.2", "10.80.0.3"]) {
      expect(await curl(machine, self, PROGRAM)).toBe(await expected());
      expect(await http(machine, `http://${self}:8080/healthz`)).toMatch(/ 200$/);
    }
  },
);

/** The machine's network, a router that hides it behind its own address, and the server. */
async function masquerade(): Promise<void> {
  const router = await network.namespace("router");
  await network.cable(
    { at: server, device: "lan0", address: "10.80.0.2/24" },
    { at: router, device: "up0", address: "10.80.0.1/24" },
  );
  await network.cable(
    { at: router, device: "down0", address: "10.90.0.1/24" },
    { at: machine, device: "eth0", address: "10.90.0.50/24", mac: MAC },
  );
  await machine.run("ip", "route", "add", "default", "via", "10.90.0.1");
  await router.run("sysctl", "-qw", "net.ipv4.ip_forward=1");
  const table = "add table ip nat; add chain ip nat out { type nat hook postrouting priority 100; }";
  // What nobody behind it asked for is dropped, as every router at home does.
  const filter =
    "add table ip f; add chain ip f pass { type filter hook forward priority 0; policy drop; }; " +
    "add rule ip f pass ct state established,related accept; add rule ip f pass iifname down0 accept";
  await router.run("nft", `${table}; add rule ip nat out oifname up0 masquerade; ${filter}`);
}

describe.skipIf(lacking)("a machine behind a masquerading router (T6)", () => {
  test.each(Object.entries(TFTP_CLIENTS))("fetches by %s through one port", async (_, fetch) => {
    await masquerade();
    await mayfly(["--tftp-single-port"]);
    expect(await fetch(machine, "10.80.0.2", PROGRAM)).toBe(await expected());
  });

  test("gets nothing where each transfer has a port of its own: that is what the setting is for", async () => {
    await masquerade();
    const running = await mayfly(["--log-level", "debug"]);
    const args = ["-sS", "-m", "5", "-o", "/dev/null", `tftp://10.80.0.2/${PROGRAM}`] as const;
    await expect(machine.run("curl", ...args)).rejects.toThrow();
    // It was asked, and it answered, from a port that the router knows nothing of.
    await running.waitFor(/10\.80\.0\.1 fetches undionly\.kpxe by tftp/, WITHIN_MS);
  });
});

describe.skipIf(lacking)("a server whose ports are published by another machine", () => {
  test("tells machines the public address, in the script and by DHCP", async () => {
    // The other way round: the server is behind, and the router passes on what is sent to its own address.
    const host = await network.namespace("host");
    await network.cable(
      { at: server, device: "eth0", address: "172.17.0.2/16" },
      { at: host, device: "docker0", address: "172.17.0.1/16" },
    );
    await network.cable(
      { at: host, device: "lan0", address: "10.80.0.2/24" },
      { at: machine, device: "eth0", address: "10.80.0.50/24", mac: MAC },
    );
    await server.run("ip", "route", "add", "default", "via", "172.17.0.1");
    await machine.run("ip", "route", "add", "default", "dev", "eth0");
    await host.run("sysctl", "-qw", "net.ipv4.ip_forward=1");
    const rules = [
      "add table ip nat",
      "add chain ip nat in { type nat hook prerouting priority -100; }",
      "add chain ip nat out { type nat hook postrouting priority 100; }",
      "add rule ip nat in iifname lan0 udp dport { 69, 4011 } dnat to 172.17.0.2",
      "add rule ip nat in iifname lan0 tcp dport 8080 dnat to 172.17.0.2",
      "add rule ip nat out oifname lan0 masquerade",
    ];
    await host.run("nft", rules.join("; "));
    const running = await mayfly(["--public-address", "10.80.0.2", "--tftp-single-port"]);
    expect(running.text()).toMatch(/mayfly is ready: http:\/\/10\.80\.0\.2:8080 \(eth0\)/);

    // Broadcasts do not come through; a relay on the host hands them in.
    const relay = await startRelay(host, "10.80.0.2", "172.17.0.2");
    expect(await discover(machine, "10.80.0.50")).toEqual([
      "10.80.0.2:67 says 10.80.0.2",
      "10.80.0.2:4011 says 10.80.0.2",
    ]);
    await relay.stop();

    for (const [name, fetch] of Object.entries(TFTP_CLIENTS)) {
      expect([name, await fetch(machine, "10.80.0.2", PROGRAM)]).toEqual([name, await expected()]);
    }
    const script = await machine.run("curl", "-sS", "tftp://10.80.0.2/autoexec.ipxe");
    expect(script).toContain("http://10.80.0.2:8080/");
    expect(script).not.toContain("172.17.");
    expect(await http(machine, "http://10.80.0.2:8080/readyz")).toMatch(/ 200$/);
    expect(await machine.run("curl", "-sS", "http://10.80.0.2:8080/autoexec.ipxe")).not.toContain("172.17.");
  });
});

describe.skipIf(lacking)("in a container", () => {
  /** As in a container of Podman's: the environment, and a first process of its own. */
  const contained: Pick<Namespace, "start"> = {
    start: (argv, options) =>
      server.start(["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", ...argv], {
        ...options,
        env: { container: "podman" },
      }),
  };
  const start = (args: readonly string[] = []) =>
    startMayfly(
      { server: { ...server, ...contained } },
      { folder, hosts: { default: join(network.scratch, "image") }, args },
    );

  test("on a bridge network it says how to run it, and serves through one port (T6)", async () => {
    await masquerade();
    const running = await start();
    expect(running.text()).toMatch(
      /this is a podman container on a bridge network \(lan0, 10\.80\.0\.2\).*--network host/,
    );
    expect(await curl(machine, "10.80.0.2", PROGRAM)).toBe(await expected());
  });

  test("on a macvlan network it says nothing: it is on the LAN itself", async () => {
    const host = await network.namespace("host");
    await network.cable(
      { at: host, device: "lan0" },
      { at: machine, device: "eth0", address: "10.80.0.50/24", mac: MAC },
    );
    await machine.run("ip", "route", "add", "default", "dev", "eth0");
    await host.run("ip", "link", "add", "inner", "link", "lan0", "type", "macvlan", "mode", "bridge");
    await host.run("ip", "link", "set", "inner", "netns", `${server.pid}`, "name", "eth0");
    await server.run("ip", "address", "add", "10.80.0.2/24", "dev", "eth0");
    await server.run("ip", "link", "set", "eth0", "up");
    const running = await start(["--interface", "eth0"]);
    expect(running.text()).not.toMatch(/container/);
    expect(await discover(machine, "10.80.0.50")).toHaveLength(2);
  });
});

/** Its log's line on DHCP's port. */
const IN_USE = /UDP port 67 \(DHCP\) is in use by (.*) \(process \d+\)/;

describe.skipIf(lacking)("two servers on one machine", () => {
  const second = () =>
    startMayfly(
      { server },
      { folder: join(network.scratch, "second"), args: ["--http-port", "8090", "--tftp-port", "70"] },
    );

  test("a second Mayfly leaves DHCP to the first one, and says who has it", async () => {
    await plug("lan0", "10.80.0.2/24", machine, "10.80.0.50/24");
    await mayfly();
    const other = await second();
    expect(other.text()).toMatch(IN_USE);
    expect(IN_USE.exec(other.text())?.[1]).toMatch(/mayfly/);
    expect(other.text()).toMatch(/mayfly is ready: .*no DHCP/);
    expect(await discover(machine, "10.80.0.50")).toHaveLength(2);
  });

  test("a DHCP server that shares the port keeps it, and Mayfly says who that is", async () => {
    await plug("lan0", "10.80.0.2/24", machine, "10.80.0.50/24");
    const router = await startDnsmasq("lan0");
    const running = await mayfly();
    expect(running.text()).toMatch(/UDP port 67 \(DHCP\) is in use by dnsmasq/);
    await router.stop();
  });

  test("a DHCP server that has the port on one of two served interfaces keeps that one, and the other is served", async () => {
    const other = await network.namespace("other");
    await plug("lan0", "10.80.0.2/24", machine, "10.80.0.50/24");
    await plug("lan1", "10.81.0.2/24", other, "10.81.0.50/24", "52:54:00:bb:00:01");
    await startDnsmasq("lan1");
    const running = await mayfly();
    expect(running.text()).toMatch(/ready: .*proxyDHCP/);
    expect(running.text().match(/lan1 gets no DHCP: .*/g)).toEqual([
      expect.stringMatching(/UDP port 67 \(DHCP\) is in use by dnsmasq .*'--interface lan0'/),
    ]);
    expect(await discover(machine, "10.80.0.50")).toHaveLength(2);
  });

  test("a DHCP server on another interface only is in nobody's way", async () => {
    const other = await network.namespace("other");
    await plug("lan0", "10.80.0.2/24", machine, "10.80.0.50/24");
    await plug("virbr0", "10.81.0.2/24", other, "10.81.0.50/24", "52:54:00:bb:00:01");
    await startDnsmasq("virbr0");
    const running = await mayfly();
    expect(running.text()).toMatch(/mayfly is ready: .*proxyDHCP/);
    expect(await discover(machine, "10.80.0.50")).toHaveLength(2);
  });
});

async function startRelay(at: Namespace, self: string, to: string): Promise<Program> {
  const started = await at.start([
    ...(["dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--user=root", "--port=0"] as const),
    `--dhcp-relay=${self},${to}`,
  ]);
  await started.waitFor(/DHCP relay from/, WITHIN_MS);
  return started;
}

async function startDnsmasq(device: string): Promise<Program> {
  const started = await server.start([
    ...(["dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--user=root", "--port=0"] as const),
    ...["--bind-interfaces", `--interface=${device}`, "--except-interface=lo"],
    ...["--dhcp-range=10.80.0.100,10.80.0.200,1h", "--dhcp-range=10.81.0.100,10.81.0.200,1h"],
    `--dhcp-leasefile=${join(network.scratch, "leases")}`,
  ]);
  await started.waitFor(/DHCP, sockets bound exclusively|DHCP, IP range/, WITHIN_MS);
  return started;
}
