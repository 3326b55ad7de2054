/** Who else serves a network: asked by `mayfly doctor --probe`, and heard by a server that runs. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ProbedNetwork, ProbeFacts } from "../../src/boot/doctor/facts.ts";
import type { Finding } from "../../src/boot/doctor/finding.ts";
import type { Namespace } from "../../src/lab/namespace.ts";
import { createLan, type Lan } from "../../src/lab/network.ts";
import type { Program } from "../../src/lab/program.ts";
import { sessionDetail, sessions } from "../../src/web/schema/sessions.ts";
import { makeImage } from "../support/boot-images.ts";
import { createNetwork } from "../support/cables.ts";
import { MAYFLY, startMayfly } from "../support/mayfly-server.ts";
import { lacks } from "../support/needs.ts";

const MAC = "52:54:00:77:31:01";
const OTHER = "10.77.0.9";
const SERVER = { interface: "eth0", self: "10.77.0.2", mtu: 1500 };
const PROBE = fileURLToPath(new URL("../support/doctor-probe-program.ts", import.meta.url));
const WITHIN_MS = 20_000;
/** A boot stands still after 45 s, which is looked at every 15 s. */
const STUCK_WITHIN_MS = 75_000;

const DNSMASQ = [
  ...(["dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--user=root", "--port=0"] as const),
  ...["--interface=eth0", "--bind-interfaces", "--no-ping", "--log-facility=-"],
] as const;

/** Asks as UEFI does, and like it takes an address from who gives one. */
const FIRMWARE = `option arch code 93 = unsigned integer 16;
send vendor-class-identifier "PXEClient:Arch:00007:UNDI:003016";
send arch 7;
require routers;
`;

let folder = "";
let lan: Lan;
let other: Namespace;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mayfly-others-"));
  lan = await createLan();
  other = await lan.addHost("other");
  await other.run("ip", "address", "add", `${OTHER}/24`, "dev", "eth0");
});
afterAll(async () => {
  await lan?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Another server on the LAN, at {@link OTHER}. */
async function startOther(...args: readonly string[]): Promise<Program> {
  return startAt(other, ...args);
}

async function startAt(place: Namespace, ...args: readonly string[]): Promise<Program> {
  const program = await place.start([...DNSMASQ, ...args]);
  await program.waitFor(/DHCP, (proxy|IP range)/, WITHIN_MS);
  return program;
}

/** What `mayfly doctor` finds; it ends with 1 when there is a fault, which is no matter here. */
async function doctorAt(place: Namespace, ...args: readonly string[]): Promise<readonly Finding[]> {
  const at = ["--media", join(folder, "boot-media"), "--state", join(folder, "state")];
  const command = [process.execPath, MAYFLY, "doctor", "--json", "--interface", "eth0", ...at, ...args];
  return JSON.parse(await place.run("sh", "-c", '"$@" 2> /dev/null || true', "sh", ...command)).findings;
}

function doctor(...args: readonly string[]): Promise<readonly Finding[]> {
  return doctorAt(lan.server, ...args);
}

/** The question alone: with packet sockets, or with nothing but Node's own. */
async function ask(native: "auto" | false, ...before: readonly string[]): Promise<ProbedNetwork | undefined> {
  const question = JSON.stringify({ arrivals: [SERVER], seconds: 3, native });
  const command = [...before, process.execPath, PROBE, question];
  const facts: ProbeFacts = JSON.parse(await lan.server.run("env", ...command));
  return facts.networks[0];
}

function ofCode(findings: readonly Finding[], ...codes: readonly string[]): readonly string[] {
  return findings.filter(({ code }) => codes.includes(code)).map(({ level, text }) => `${level} ${text}`);
}

describe.skipIf(lacks("lan", "dnsmasq"))("mayfly doctor --probe", () => {
  test("names the one DHCP server of a network on which all is well, and takes no address of it", async () => {
    const findings = await doctor("--probe", "--seconds", "3");
    expect(ofCode(findings, "probe", "dhcp-servers", "other-boot-server", "spanning-tree")).toEqual([
      expect.stringMatching(
        /^ok 10\.77\.0\.1 \(([0-9a-f]{2}:?){6}\) gives addresses \(10\.77\.0\.\d+, say\) on eth0$/,
      ),
      "ok no spanning tree was heard on eth0 in 3 s",
    ]);
    expect(lan.dhcp.text()).toMatch(/DHCPOFFER.* 66:6c:79:/);
    expect(lan.dhcp.text()).not.toContain("DHCPREQUEST");
  });

  test("names a second server of addresses and its boot file, by address and MAC, and the cure", async () => {
    const second = await startOther(
      ...["--dhcp-range=10.77.0.30,10.77.0.40,1h", "--dhcp-boot=theirs.efi,,10.77.0.8"],
      `--dhcp-leasefile=${join(folder, "second")}`,
    );
    const findings = await doctor("--probe", "--seconds", "3");
    await second.stop();
    expect(ofCode(findings, "dhcp-servers", "other-boot-server")).toEqual([
      expect.stringMatching(
        /^warning more than one server gives addresses on eth0: 10\.77\.0\.\d \(.*, 10\.77\.0\.\d \(/,
      ),
      expect.stringMatching(
        /^warning 10\.77\.0\.9 \(.* something to boot too \(theirs\.efi from 10\.77\.0\.8\)$/,
      ),
    ]);
    expect(findings.find(({ code }) => code === "other-boot-server")?.cure).toContain(
      "DHCP options 43, 60, 66 and 67",
    );
  });

  test("names a DHCP server on the same machine, which is no Mayfly although it answers from there", async () => {
    const local = await startAt(
      lan.server,
      ...["--dhcp-range=10.77.0.60,10.77.0.70,1h", "--dhcp-boot=theirs.efi,,10.77.0.8"],
      `--dhcp-leasefile=${join(folder, "local")}`,
    );
    const findings = await doctor("--probe", "--seconds", "3", "--dhcp", "off");
    await local.stop();
    expect(ofCode(findings, "probe", "dhcp-servers", "other-boot-server")).toEqual([
      expect.stringMatching(
        /^warning more than one server gives addresses on eth0: .*a DHCP server on this machine \(10\.77\.0\.2\)/,
      ),
      "warning a DHCP server on this machine (10.77.0.2) offers machines on eth0 something to boot too (theirs.efi from 10.77.0.8)",
    ]);
  });

  test("says that nobody gives addresses, and what a switch's spanning tree does to machines", async () => {
    const network = await createNetwork();
    try {
      const [here, hub] = [await network.namespace("here"), await network.namespace("hub")];
      await hub.run("ip", "link", "add", "br0", "type", "bridge", "forward_delay", "1500", "stp_state", "1");
      await hub.run("ip", "link", "set", "br0", "up");
      const at = { at: here, device: "eth0", address: "10.78.0.2/24" };
      await network.cable(at, { at: hub, device: "port0" });
      await hub.run("ip", "link", "set", "port0", "master", "br0");
      const findings = await doctorAt(here, "--probe", "--seconds", "5");
      expect(ofCode(findings, "dhcp-servers", "spanning-tree")).toEqual([
        "fault no DHCP server offers an address on eth0, and without one no machine boots",
        expect.stringMatching(
          /^warning the switch at eth0 speaks spanning tree \(STP, .*: a port waits up to 30 s/,
        ),
      ]);
    } finally {
      await network.close();
    }
  });

  test("hears the same with nothing but Node's own sockets, but neither MAC addresses nor spanning tree", async () => {
    const [whole, plain] = [await ask("auto"), await ask(false)];
    expect(whole).toMatchObject({ hearsOwn: true, bpdus: [], answers: [{ address: "10.77.0.1" }] });
    expect(plain).toMatchObject({ hearsOwn: true, answers: [{ address: "10.77.0.1" }] });
    expect(whole?.answers[0]).toHaveProperty("mac");
    expect(plain?.answers[0]).not.toHaveProperty("mac");
    expect(plain).not.toHaveProperty("bpdus");
  });

  test("gets along with a DHCP client of this machine that has port 68 for itself", async () => {
    const holder = await lan.server.start([
      ...([process.execPath, "--eval"] as const),
      'require("dgram").createSocket("udp4").bind({ port: 68, exclusive: true }, () => console.log("held"))',
    ]);
    await holder.waitFor(/^held$/m, WITHIN_MS);
    const [whole, plain] = [await ask("auto"), await ask(false)];
    await holder.stop();
    expect(whole).toMatchObject({ hearsOwn: false, answers: [{ address: "10.77.0.1" }] });
    expect(plain?.trouble?.text).toBe("another program has UDP port 68 for itself");
  });

  test("tells an ordinary user that it takes root to ask", async () => {
    const nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all"];
    // Some containers let everybody have every port.
    await lan.server.run("sysctl", "-qw", "net.ipv4.ip_unprivileged_port_start=1024");
    expect((await ask("auto", ...nobody))?.trouble).toMatchObject({
      text: "this user may not open UDP port 68",
      cure: expect.stringContaining("as root"),
    });
  });
});

describe.skipIf(lacks("lan", "dnsmasq", "dhclient"))("beside a server that runs", () => {
  let server: Program;

  beforeAll(async () => {
    const image = await makeImage(folder, "x64", "beta-1");
    const config = `hosts: { mine: { macs: ["${MAC}"], image: "${image.folder}" } }\nlogLevel: debug\n`;
    server = await startMayfly(lan, { folder, config });
  });

  async function mayfly(...args: readonly string[]): Promise<string> {
    return lan.server.run(process.execPath, MAYFLY, ...args, "--media", join(folder, "boot-media"));
  }

  test("a doctor's question is answered, and nothing of it is kept", async () => {
    const findings = await doctor("--probe", "--seconds", "2");
    expect(ofCode(findings, "probe", "dhcp-servers", "other-boot-server")).toEqual([
      "ok the server that runs here answers on eth0",
      expect.stringMatching(/^ok 10\.77\.0\.1 /),
    ]);
    expect(server.text()).not.toContain("66:6c:79:");
    expect(JSON.parse(await mayfly("machines", "--all", "--json"))).toMatchObject({ machines: [] });
    expect(JSON.parse(await mayfly("boots", "--json"))).toMatchObject({ sessions: [] });
  });

  test("a machine that another boot server leads astray is diagnosed, and the doctor names that server", async () => {
    const boots = await startOther(
      "--dhcp-range=10.77.0.0,proxy",
      "--pxe-service=X86-64_EFI,Theirs,theirs.efi",
    );
    const machine = await lan.addHost("machine");
    await machine.run("ip", "link", "set", "eth0", "address", MAC);
    const firmware = join(folder, "dhclient.conf");
    await writeFile(firmware, FIRMWARE);
    const files = ["-cf", firmware, "-lf", join(folder, "leases"), "-pf", join(folder, "dhclient.pid")];
    const client = await machine.start(["dhclient", "-d", "-1", ...files, "-sf", "/bin/true", "eth0"]);
    await client.waitFor(/bound to 10\.77\.0\.\d+ --/, WITHIN_MS);
    // Told at once and once, as a warning with the address.
    await server.waitFor(
      /10\.77\.0\.9 \(([0-9a-f]{2}:?){6}\) on eth0 offers .* something to boot/,
      WITHIN_MS,
    );
    await boots.stop();

    const findings = await doctor();
    expect(ofCode(findings, "other-boot-server")).toEqual([
      expect.stringMatching(
        /^warning the server that runs has heard 10\.77\.0\.9 .* offer a machine something/,
      ),
    ]);
    await server.waitFor(/10\.77\.0\.9 offers it something to boot too.*other-boot-server/, STUCK_WITHIN_MS);
    const [boot] = sessions.parse(JSON.parse(await mayfly("boots", "mine", "--json"))).sessions;
    const detail = sessionDetail.parse(JSON.parse(await mayfly("boots", boot?.id ?? "", "--json")));
    expect(detail.otherServers).toEqual([OTHER]);
    expect(detail.diagnoses[0]).toMatchObject({ code: "other-boot-server" });
    expect(detail.diagnoses[0]?.what).toContain(OTHER);
  });
});
