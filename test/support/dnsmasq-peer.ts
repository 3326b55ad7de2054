/**
 * The boot server that people build without Mayfly: dnsmasq as proxyDHCP and TFTP server, nginx for the rest.
 *
 * It proves the lab without our own code, and is the other side of the matrix benchmark.
 */

import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Lan } from "../../src/lab/network.ts";
import type { Program } from "../../src/lab/program.ts";

export interface PeerImage {
  /** What iPXE calls the machine in `${buildarch}`: a BIOS iPXE is `i386`. */
  readonly buildarchs: readonly string[];
  /** Holds `kernel`, `initrd` and `cmdline` (layout "cmdline" of the lab). */
  readonly folder: string;
  readonly params: string;
}

export interface PeerOptions {
  /** Boot programs by architecture, as dnsmasq names them in `pxe-service`. */
  readonly programs: { readonly "X86-64_EFI": string; readonly ARM64_EFI?: string; readonly x86PC?: string };
  readonly images: readonly PeerImage[];
}

export interface Peer {
  readonly dnsmasq: Program;
  readonly nginx: Program;
  close(): Promise<void>;
}

const READY_WITHIN_MS = 10_000;

/** Starts both servers in the LAN's server namespace. */
export async function startPeer(lan: Lan, options: PeerOptions): Promise<Peer> {
  const folder = await mkdtemp(join(tmpdir(), "mayfly-peer-"));
  const base = `http://${lan.serverAddress}:8080`;
  await mkdir(join(folder, "tftp"));
  for (const path of Object.values(options.programs)) {
    if (path !== undefined) await copyFile(path, join(folder, "tftp", programName(path)));
  }
  await mkdir(join(folder, "http"));
  for (const image of options.images) {
    for (const buildarch of image.buildarchs) {
      await symlink(image.folder, join(folder, "http", buildarch));
      await writeFile(join(folder, "http", `${buildarch}.ipxe`), script(base, buildarch, image.params));
    }
  }
  await writeFile(join(folder, "http", "boot.ipxe"), "#!ipxe\nchain ${buildarch}.ipxe\n");

  const nginx = await startNginx(lan, folder);
  const dnsmasq = await startDnsmasq(lan, folder, options.programs, `${base}/boot.ipxe`);
  return {
    dnsmasq,
    nginx,
    async close() {
      await Promise.all([dnsmasq.stop(), nginx.stop()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function programName(path: string): string {
  return path.split("/").at(-1) ?? path;
}

function script(base: string, buildarch: string, params: string): string {
  const folder = `${base}/${buildarch}`;
  return `#!ipxe\nkernel ${folder}/kernel initrd=initrd ${params}\ninitrd ${folder}/initrd\nboot\n`;
}

function startDnsmasq(
  lan: Lan,
  folder: string,
  programs: PeerOptions["programs"],
  scriptUrl: string,
): Promise<Program> {
  const services = Object.entries(programs).map(
    ([arch, path]) => `--pxe-service=tag:!ipxe,${arch},iPXE,${programName(path)}`,
  );
  return ready(
    lan.server.start([
      "dnsmasq",
      "--no-daemon",
      "--conf-file=/dev/null",
      "--port=0",
      "--interface=eth0",
      "--bind-interfaces",
      "--dhcp-range=10.77.0.0,proxy",
      "--dhcp-match=set:ipxe,175",
      ...services,
      `--dhcp-boot=tag:ipxe,${scriptUrl}`,
      // dnsmasq gives a BIOS client the URL by a boot service only.
      `--pxe-service=tag:ipxe,x86PC,script,${scriptUrl}`,
      "--enable-tftp",
      `--tftp-root=${join(folder, "tftp")}`,
      "--log-facility=-",
      "--log-dhcp",
    ]),
    /TFTP root is/,
  );
}

async function startNginx(lan: Lan, folder: string): Promise<Program> {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((kind) => `${kind}_temp_path ${folder}/${kind};`)
    .join(" ");
  const config = [
    "daemon off; user root; worker_processes 1; error_log stderr notice;",
    `pid ${folder}/nginx.pid;`,
    "events {}",
    `http { ${temporary} access_log off; sendfile on; tcp_nopush on;`,
    `  server { listen ${lan.serverAddress}:8080; root ${folder}/http; } }`,
  ].join("\n");
  await writeFile(join(folder, "nginx.conf"), config);
  return ready(
    lan.server.start(["nginx", "-c", `${folder}/nginx.conf`, "-e", "stderr"]),
    /start worker process \d/,
  );
}

async function ready(starting: Promise<Program>, sign: RegExp): Promise<Program> {
  const program = await starting;
  await program.waitFor(sign, READY_WITHIN_MS);
  return program;
}
