/** Real DHCP servers in the router's place on the lab's LAN, with a text of 'mayfly print-config' in them. */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Lan } from "../../src/lab/network.ts";
import type { Program } from "../../src/lab/program.ts";
import { ensureDhcpServers } from "./dhcp-servers.ts";

/** Those that run here. */
export type RealServer = "dnsmasq" | "kea" | "isc-dhcpd";

const READY_WITHIN_MS = 15_000;
const FIRST = "10.77.0.100";
const LAST = "10.77.0.250";

/** Puts a server that reads `text` in the place of the LAN's own one, and waits until it listens. */
export async function replaceRouter(lan: Lan, server: RealServer, text: string): Promise<Program> {
  await lan.dhcp.stop();
  switch (server) {
    case "dnsmasq":
      return startDnsmasq(lan, text);
    case "kea":
      await startAdvertiser(lan);
      return startKea(lan, text);
    case "isc-dhcpd":
      await startAdvertiser(lan);
      return startDhcpd(lan, text);
  }
}

/** What every dnsmasq here has, beside the text. */
const DNSMASQ = ["--no-daemon", "--port=0", "--interface=eth0", "--bind-interfaces", "--log-facility=-"];
/** Without a router advertisement each iPXE waits some 15 s for one. */
const ADVERTISE = ["--enable-ra", "--dhcp-range=fd77::,ra-only"];

async function startDnsmasq(lan: Lan, text: string): Promise<Program> {
  const file = join(lan.scratch, "mayfly.conf");
  await writeFile(file, text);
  const dnsmasq = await lan.router.start([
    "dnsmasq",
    ...DNSMASQ,
    `--conf-file=${file}`,
    `--dhcp-range=${FIRST},${LAST},1h`,
    "--dhcp-authoritative",
    // It would wait 3 s for an echo before each offer.
    "--no-ping",
    `--dhcp-leasefile=${join(lan.scratch, "leases")}`,
    "--log-dhcp",
    ...ADVERTISE,
  ]);
  await dnsmasq.waitFor(/DHCP, IP range/, READY_WITHIN_MS);
  return dnsmasq;
}

async function startAdvertiser(lan: Lan): Promise<void> {
  const dnsmasq = await lan.router.start(["dnsmasq", ...DNSMASQ, "--conf-file=/dev/null", ...ADVERTISE]);
  await dnsmasq.waitFor(/router advertisement on/, READY_WITHIN_MS);
}

async function startKea(lan: Lan, text: string): Promise<Program> {
  const [included, file] = [join(lan.scratch, "mayfly.json"), join(lan.scratch, "kea-dhcp4.conf")];
  await writeFile(included, text);
  await writeFile(
    file,
    `{ "Dhcp4": {
       <?include "${included}"?>,
       "interfaces-config": { "interfaces": ["eth0"] },
       "lease-database": { "type": "memfile", "persist": false },
       "valid-lifetime": 3600,
       "loggers": [{ "name": "kea-dhcp4", "severity": "INFO", "output_options": [{ "output": "stdout" }] }],
       "subnet4": [{ "id": 1, "subnet": "10.77.0.0/24", "pools": [{ "pool": "${FIRST} - ${LAST}" }],
                     "option-data": [{ "name": "routers", "data": "10.77.0.1" }] }]
     } }`,
  );
  const { kea } = await ensureDhcpServers();
  const env = { KEA_PIDFILE_DIR: lan.scratch, KEA_LOCKFILE_DIR: lan.scratch };
  const server = await lan.router.start([...kea, "-c", file], { name: "kea-dhcp4", env });
  await server.waitFor(/DHCP4_STARTED/, READY_WITHIN_MS);
  return server;
}

async function startDhcpd(lan: Lan, text: string): Promise<Program> {
  const at = (name: string) => join(lan.scratch, name);
  await writeFile(at("mayfly.conf"), text);
  await writeFile(at("leases"), "");
  await writeFile(
    at("dhcpd.conf"),
    `include "${at("mayfly.conf")}";
     authoritative;
     subnet 10.77.0.0 netmask 255.255.255.0 { range ${FIRST} ${LAST}; option routers 10.77.0.1; }\n`,
  );
  const { dhcpd } = await ensureDhcpServers();
  const files = ["-cf", at("dhcpd.conf"), "-lf", at("leases"), "-pf", at("dhcpd.pid")];
  await lan.router.run(...dhcpd, "-t", ...files);
  const server = await lan.router.start([...dhcpd, "-4", "-f", "-d", ...files, "eth0"], { name: "dhcpd" });
  await server.waitFor(/Server starting service/, READY_WITHIN_MS);
  return server;
}
