/**
 * ISC's DHCP relay, which networks with real switches resemble most: it adds option 82.
 *
 * Debian's package would start it as a service, so that it is unpacked and not installed.
 */

import { access, mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { runTool } from "../../src/io/system/run-tool.ts";
import { cacheFolder } from "../../src/lab/files.ts";

const PACKAGE = "isc-dhcp-relay";

/** Gives the program's path. @throws when it is not there and apt cannot fetch it */
export async function ensureDhcrelay(): Promise<string> {
  const folder = join(cacheFolder(), PACKAGE);
  const program = join(folder, "usr/sbin/dhcrelay");
  if (await exists(program)) return program;
  await mkdir(cacheFolder(), { recursive: true });
  const work = await mkdtemp(join(cacheFolder(), `${PACKAGE}.tmp-`));
  try {
    await runTool("apt-get", ["download", PACKAGE], { cwd: work });
    const [deb] = (await readdir(work)).filter((name) => name.endsWith(".deb"));
    if (deb === undefined) throw new Error(`apt-get download ${PACKAGE} left no package`);
    await runTool("dpkg-deb", ["-x", join(work, deb), join(work, "files")]);
    // Either this is the first to be done, or another process was: both are whole.
    await rename(join(work, "files"), folder).catch(() => {});
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return program;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
