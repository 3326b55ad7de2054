/**
 * Kea and ISC's dhcpd for the tests: unpacked with the libraries that they need, never installed.
 *
 * Installed as packages they would start with the machine, and a second DHCP server on somebody's network
 * is the last thing that a test should leave behind.
 */

import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { openArchive } from "../../src/io/system/debian-archive.ts";
import { cacheFolder } from "../../src/lab/files.ts";

export interface DhcpServerPrograms {
  /** The words to put before a program's own arguments. */
  readonly kea: readonly [string, ...string[]];
  readonly dhcpd: readonly [string, ...string[]];
}

/** Raise it when what is fetched changes. */
const RECIPE = 1;

const IS_ARM = process.arch === "arm64";
const LIBRARIES = IS_ARM ? "aarch64-linux-gnu" : "x86_64-linux-gnu";
const LOADER = IS_ARM ? "ld-linux-aarch64.so.1" : "ld-linux-x86-64.so.2";

/** Gives the programs, and fetches them from the machine's own Debian mirror if they are not there. */
export async function ensureDhcpServers(say: (line: string) => void = () => {}): Promise<DhcpServerPrograms> {
  const cache = cacheFolder();
  const folder = join(cache, `dhcp-servers-${RECIPE}`);
  if (!existsSync(folder)) {
    say(`fetching DHCP servers for the tests into ${folder}`);
    await mkdir(cache, { recursive: true });
    const work = await mkdtemp(join(cache, `dhcp-servers-${RECIPE}.tmp-`));
    try {
      await fetchServers(work);
      // Either this is the first to be done, or another process was: both are whole.
      await rename(join(work, "root"), folder).catch(() => {});
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }
  return { kea: command(folder, "kea-dhcp4"), dhcpd: command(folder, "dhcpd") };
}

/** Started by its own loader, so that it does not matter which C library the machine has. */
function command(folder: string, program: string): [string, ...string[]] {
  const folders = ["lib", "usr/lib"].map((each) => join(folder, each, LIBRARIES));
  const loader = folders.map((each) => join(each, LOADER)).find(existsSync);
  if (loader === undefined) throw new Error(`${folder} has no ${LOADER}: remove it and try again`);
  return [loader, "--library-path", folders.join(":"), join(folder, "usr/sbin", program)];
}

async function fetchServers(work: string): Promise<void> {
  const architectures = [IS_ARM ? "arm64" : "amd64"] as const;
  const archive = await openArchive(join(work, "apt"), [{ suite: "bookworm", architectures }]);
  const names = [
    ...(await archive.closure("kea-dhcp4-server")),
    ...(await archive.closure("isc-dhcp-server")),
  ];
  // What is no library is there for installing, or for a system to run on.
  const wanted = new Set(names.filter((name) => /^(lib|kea-|isc-)/.test(name) && !name.endsWith("-perl")));
  for (const name of wanted) await archive.unpack(name, join(work, "root"));
}
