/** Real DHCP clients get their addresses from Mayfly, keep them, give them back and never share one. */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createLeaseLan, type LeaseLan } from "../support/lease-lan.ts";
import { eventsOf, leasesOnDisk, SERVER_ADDRESS, startLeaseServer } from "../support/lease-server.ts";
import { lacks } from "../support/needs.ts";
import { newsOf, startUdhcpc, udhcpcScript } from "../support/udhcpc.ts";

const FUZZ = fileURLToPath(new URL("../support/dhcp-fuzz-program.ts", import.meta.url));
const MAC = "52:54:00:81:00:01";
const WITHIN_MS = 30_000;

let lan: LeaseLan;

beforeEach(async () => {
  lan = await createLeaseLan();
});
afterEach(() => lan.close());

const configures = () => udhcpcScript(lan.network.scratch, true);

/** The decisions so far, in words: `offer`, `ack selecting`, `silent foreign-server`. */
function decisions(events: readonly Record<string, unknown>[]): string[] {
  return events.map((event) => {
    const { type, kind, reason } = event.decision as Record<string, string | undefined>;
    return [type, kind ?? reason].filter((each) => each !== undefined).join(" ");
  });
}

describe.skipIf(lacks("lan", "udhcpc", "dnsmasq")).each([
  ["sockets tied to their interface", true],
  ["nothing but Node's own sockets", false],
])("with %s", (_, native) => {
  test("udhcpc gets an address with router and time, renews it, and gives it back", async () => {
    const server = await startLeaseServer(lan.server, {
      ...{ folder: lan.folder, native },
      subnets: [{ leaseSeconds: 4, maxLeaseSeconds: 4 }],
    });
    const machine = await lan.addMachine("machine", MAC);
    const client = await startUdhcpc(machine, configures(), "eth0", "-R");
    await client.waitFor(/^news renew/m, WITHIN_MS);
    const [bound, renewed] = newsOf(client.text()).filter(({ what }) => what !== "deconfig");
    expect(bound).toMatchObject({ what: "bound", seconds: 4, router: "10.81.0.1", server: SERVER_ADDRESS });
    expect(bound?.address).toMatch(/^10\.81\.0\.1\d\d$/);
    expect(renewed).toMatchObject({ what: "renew", address: bound?.address });
    expect((await leasesOnDisk(lan.folder)).get(bound?.address ?? "")).toMatchObject({
      mac: MAC,
      state: "leased",
    });

    await client.stop();
    await server.waitFor(/"type":"released"/, WITHIN_MS);
    expect((await leasesOnDisk(lan.folder)).get(bound?.address ?? "")).toMatchObject({ state: "released" });
    expect(decisions(eventsOf(server, "lease")).slice(0, 5)).toEqual([
      "probe",
      "offer",
      "ack selecting",
      "ack renewing",
      expect.stringMatching(/^(ack renewing|released)$/),
    ]);
    expect(eventsOf(server, "bug")).toEqual([]);
  });

  test("an address that somebody uses without asking is given to nobody", async () => {
    await lan.addMachine("squatter", "52:54:00:81:00:99", "10.81.0.100/24");
    const server = await startLeaseServer(lan.server, {
      ...{ folder: lan.folder, native },
      subnets: [{ pools: [{ first: "10.81.0.100", last: "10.81.0.101" }] }],
    });
    const machine = await lan.addMachine("machine", MAC);
    // It asks for the very address.
    const client = await startUdhcpc(machine, configures(), "eth0", "-q", "-r", "10.81.0.100");
    await client.waitFor(/^news bound/m, WITHIN_MS);
    expect(newsOf(client.text()).at(-1)).toMatchObject({ what: "bound", address: "10.81.0.101" });
    expect((await leasesOnDisk(lan.folder)).get("10.81.0.100")).toMatchObject({ state: "conflict" });
    expect(eventsOf(server, "lease").map(({ decision }) => decision)).toContainEqual(
      expect.objectContaining({ conflict: "10.81.0.100" }),
    );
  });

  test("a client behind a relay gets an address of its own network, though nobody knows the way back", async () => {
    const relay = await lan.addMachine("relay", "52:54:00:81:00:02", "10.81.0.1/24");
    const remote = await lan.network.namespace("remote");
    await lan.network.cable(
      { at: relay, device: "down0", address: "10.82.0.1/24" },
      { at: remote, device: "eth0", mac: MAC },
    );
    await relay.run("sysctl", "-qw", "net.ipv4.ip_forward=1");
    await lan.server.run("ip", "route", "add", "10.82.0.0/24", "via", "10.81.0.1");
    const relaying = await relay.start([
      ...(["dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--user=root", "--port=0"] as const),
      `--dhcp-relay=10.82.0.1,${SERVER_ADDRESS}`,
    ]);
    await relaying.waitFor(/DHCP relay from 10\.82\.0\.1 to/, WITHIN_MS);
    const server = await startLeaseServer(lan.server, {
      ...{ folder: lan.folder, native },
      subnets: [
        {},
        {
          network: "10.82.0.0",
          router: "10.82.0.1",
          pools: [{ first: "10.82.0.50", last: "10.82.0.60" }],
        },
      ],
    });
    const client = await startUdhcpc(remote, configures(), "eth0", "-R");
    await client.waitFor(/^news bound/m, WITHIN_MS);
    // It renews by asking the server itself, and has learned the way there with its address.
    await remote.run("ip", "route", "add", "default", "via", "10.82.0.1");
    process.kill(client.pid, "SIGUSR1");
    await client.waitFor(/^news renew/m, WITHIN_MS);
    const news = newsOf(client.text()).filter(({ what }) => what !== "deconfig");
    expect(news[0]?.address).toMatch(/^10\.82\.0\.[56]\d$/);
    expect(news[1]).toMatchObject({ what: "renew", address: news[0]?.address, router: "10.82.0.1" });
    expect(eventsOf(server, "bug")).toEqual([]);
  });

  test("in observe mode everything is decided and nothing is sent", async () => {
    const server = await startLeaseServer(lan.server, { folder: lan.folder, native, observes: true });
    const machine = await lan.addMachine("machine", MAC);
    const client = await startUdhcpc(machine, configures(), "eth0", "-n", "-t", "2", "-T", "1");
    await client.ended;
    expect(newsOf(client.text()).map(({ what }) => what)).toEqual(["deconfig", "leasefail"]);
    expect(eventsOf(server, "lease")).toContainEqual(
      expect.objectContaining({
        observed: true,
        request: "DISCOVER",
        decision: expect.objectContaining({ type: "offer" }),
      }),
    );
  });
});

describe.skipIf(lacks("lan", "udhcpc"))("udhcpc", () => {
  test("declines an address that it finds in use, and gets another; nobody gets the declined one", async () => {
    // The server does not probe: only the machine itself can find out.
    const server = await startLeaseServer(lan.server, {
      folder: lan.folder,
      subnets: [{ probe: false, pools: [{ first: "10.81.0.100", last: "10.81.0.101" }] }],
    });
    await lan.addMachine("squatter", "52:54:00:81:00:99", "10.81.0.100/24");
    const machine = await lan.addMachine("machine", MAC);
    const client = await startUdhcpc(
      machine,
      configures(),
      "eth0",
      "-q",
      "-a",
      "-A",
      "1",
      "-r",
      "10.81.0.100",
    );
    await client.waitFor(/^news bound/m, 60_000);
    expect(newsOf(client.text()).at(-1)).toMatchObject({ address: "10.81.0.101" });
    expect(decisions(eventsOf(server, "lease"))).toContain("declined");
    expect((await leasesOnDisk(lan.folder)).get("10.81.0.100")).toMatchObject({ state: "conflict" });
  });

  test("gets the address that is reserved for it, and what lies in the pool goes to others", async () => {
    await startLeaseServer(lan.server, {
      folder: lan.folder,
      machines: [{ mac: MAC, address: "10.81.0.42" }],
    });
    const machine = await lan.addMachine("machine", MAC);
    const other = await lan.addMachine("other", "52:54:00:81:00:03");
    const clients = [
      await startUdhcpc(machine, configures(), "eth0", "-q"),
      await startUdhcpc(other, configures(), "eth0", "-q"),
    ];
    for (const each of clients) await each.waitFor(/^news bound/m, WITHIN_MS);
    const [own, others] = clients.map((each) => newsOf(each.text()).at(-1)?.address);
    expect(own).toBe("10.81.0.42");
    expect(others).toMatch(/^10\.81\.0\.1\d\d$/);
  });

  test("is told nothing while the disk fails, and gets its address once it works", async () => {
    // The server is the program that was started, and strace a child of it, so that it can be ended.
    const strace = ["strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync"];
    // By thread: each of Node's four fails twice.
    const failing = [...strace, "-e", "inject=fdatasync:error=EIO:when=1..2"];
    const server = await startLeaseServer(lan.server, { folder: lan.folder, under: failing });
    const machine = await lan.addMachine("machine", MAC);
    const client = await startUdhcpc(machine, configures(), "eth0", "-q", "-t", "30", "-T", "1", "-A", "1");
    await server.waitFor(/"unkept":/, WITHIN_MS);
    await client.waitFor(/^news bound/m, 90_000);
    const unkept = eventsOf(server, "lease").filter((event) => "unkept" in event);
    expect(unkept[0]).toMatchObject({
      unkept: {
        text: expect.stringContaining(join(lan.folder, "mayfly.sqlite")),
        cure: expect.stringContaining("--state"),
      },
    });
    const bound = newsOf(client.text()).at(-1);
    expect((await leasesOnDisk(lan.folder)).get(bound?.address ?? "")).toMatchObject({ state: "leased" });
  });
});

describe.skipIf(lacks("lan", "dhclient"))("dhclient", () => {
  test("that was switched off asks for its old address at once, and has it again (INIT-REBOOT)", async () => {
    const server = await startLeaseServer(lan.server, { folder: lan.folder });
    const machine = await lan.addMachine("machine", MAC);
    const dhclient = async () => {
      const { scratch } = lan.network;
      const files = ["-lf", join(scratch, "dhclient.leases"), "-pf", join(scratch, "dhclient.pid")];
      const client = await machine.start(["dhclient", "-d", "-1", ...files, "-sf", "/bin/true", "eth0"]);
      const [, address] = await client.waitFor(/bound to (\S+) --/, WITHIN_MS);
      await client.stop();
      return { address, text: client.text() };
    };
    const first = await dhclient();
    const second = await dhclient();
    expect(second.address).toBe(first.address);
    expect(second.text).not.toContain("DHCPDISCOVER");
    expect(decisions(eventsOf(server, "lease"))).toEqual([
      "probe",
      "offer",
      "ack selecting",
      "ack init-reboot",
    ]);
  });

  test("that comes from another network is told so, and gets an address of this one", async () => {
    const server = await startLeaseServer(lan.server, { folder: lan.folder });
    const machine = await lan.addMachine("machine", MAC);
    const { scratch } = lan.network;
    const memory = join(scratch, "dhclient.leases");
    const lines = [
      'interface "eth0";',
      "fixed-address 192.168.77.7;",
      "option subnet-mask 255.255.255.0;",
      "option dhcp-server-identifier 192.168.77.1;",
      "renew 5 2037/01/01 00:00:00;",
      "rebind 5 2037/01/02 00:00:00;",
      "expire 5 2037/01/03 00:00:00;",
    ];
    await machine.run("sh", "-c", `echo 'lease { ${lines.join(" ")} }' > ${memory}`);
    const files = ["-lf", memory, "-pf", join(scratch, "dhclient.pid")];
    const client = await machine.start(["dhclient", "-d", "-1", ...files, "-sf", "/bin/true", "eth0"]);
    await client.waitFor(/bound to 10\.81\.0\.1\d\d --/, WITHIN_MS);
    expect(client.text()).toMatch(/DHCPREQUEST for 192\.168\.77\.7/);
    expect(client.text()).toMatch(/DHCPNAK from 10\.81\.0\.2/);
    expect(decisions(eventsOf(server, "lease"))).toContain("nak wrong-subnet");
    await client.stop();
  });
});

describe.skipIf(lacks("lan", "udhcpc", "dnsmasq"))("on a network with another DHCP server", () => {
  test("the operator is told which one it is when a machine takes its offer", async () => {
    const router = await lan.addMachine("router", "52:54:00:81:00:05", "10.81.0.1/24");
    const foreign = await router.start([
      ...(["dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--user=root", "--port=0"] as const),
      ...["--interface=eth0", "--bind-interfaces", "--no-ping", "--dhcp-authoritative"],
      ...[`--dhcp-leasefile=${lan.network.scratch}/leases`, "--dhcp-range=10.81.0.210,10.81.0.220,1h"],
    ]);
    await foreign.waitFor(/DHCP, IP range/, WITHIN_MS);
    const server = await startLeaseServer(lan.server, { folder: lan.folder });
    const machine = await lan.addMachine("machine", MAC);
    // Ours comes later, because it first asks whether the address is in use.
    const client = await startUdhcpc(machine, configures(), "eth0", "-q");
    await client.waitFor(/^news bound/m, WITHIN_MS);
    expect(newsOf(client.text()).at(-1)?.address).toMatch(/^10\.81\.0\.2\d\d$/);
    await server.waitFor(/foreign-server/, WITHIN_MS);
    const told = eventsOf(server, "lease").map(({ decision }) => decision);
    expect(told).toContainEqual(expect.objectContaining({ reason: "foreign-server", server: "10.81.0.1" }));
    expect(await leasesOnDisk(lan.folder)).toEqual(new Map());
  });
});

test.skipIf(lacks("lan", "udhcpc"))(
  "spoiled datagrams are malformed or nothing, and the next client is served",
  async () => {
    const server = await startLeaseServer(lan.server, {
      folder: lan.folder,
      machines: [{ mac: "52:54:00:77:00:10" }],
    });
    const machine = await lan.addMachine("machine", MAC, "10.81.0.50/24");
    await machine.run("ip", "route", "add", "default", "dev", "eth0");
    const fuzz = await machine.start([process.execPath, FUZZ, SERVER_ADDRESS, "5000", "77"]);
    await fuzz.waitFor(/^sent$/m, WITHIN_MS);
    const client = await startUdhcpc(machine, configures(), "eth0", "-q");
    await client.waitFor(/^news bound/m, WITHIN_MS);
    expect(newsOf(client.text()).at(-1)?.address).toMatch(/^10\.81\.0\.1\d\d$/);
    expect(eventsOf(server, "malformed").length).toBeGreaterThan(0);
    expect(eventsOf(server, "bug")).toEqual([]);
  },
);
