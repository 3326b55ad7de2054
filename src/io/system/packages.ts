/** Installs packages of the distribution where that is possible, and else says which command would. */

import { accessSync, constants, existsSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { runTool, ToolError } from "./run-tool.ts";

export type PackageOutcome =
  | { readonly type: "present" }
  | { readonly type: "installed"; readonly packages: readonly string[] }
  /** Not installed; `command` would do it, `reason` says why this process does not. */
  | {
      readonly type: "manual";
      readonly packages: readonly string[];
      readonly command: string;
      readonly reason: string;
    };

const APT_OPTIONS = [
  "-y",
  "--no-install-recommends",
  "-o",
  "DPkg::Lock::Timeout=300",
  "-o",
  "Dpkg::Options::=--force-confold",
];

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Debian asks this program whether a service may start; 101 says no. */
const POLICY = "/usr/sbin/policy-rc.d";

/**
 * Sees to it that packages of a Debian are installed, without starting a service of theirs.
 *
 * Already there costs one `dpkg-query`. Only root installs; anybody else is told the command.
 *
 * @param say - gets a line before anything that takes time
 */
export async function ensurePackages(
  names: readonly string[],
  say: (line: string) => void,
): Promise<PackageOutcome> {
  if (!isDebian()) {
    return { type: "manual", packages: names, command: "", reason: "this is no Debian" };
  }
  const missing = await missingPackages(names);
  if (missing.length === 0) return { type: "present" };
  const manual = (reason: string): PackageOutcome => ({
    type: "manual",
    packages: missing,
    command: `sudo apt-get install --no-install-recommends ${missing.join(" ")}`,
    reason,
  });
  if (process.getuid?.() !== 0) return manual("only root installs packages");
  say(`installing ${missing.join(" ")}`);
  try {
    await withServicesHeld(() => aptInstall(missing));
  } catch (error) {
    return manual(error instanceof Error ? error.message : String(error));
  }
  return { type: "installed", packages: missing };
}

/** Whether apt and dpkg are here. */
export function isDebian(): boolean {
  return findTool("apt-get") !== undefined && findTool("dpkg-query") !== undefined;
}

/** Looks a program up in `PATH`, and where root's programs lie: an ordinary user's `PATH` may leave those out. */
export function findTool(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function missingPackages(names: readonly string[]): Promise<string[]> {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg's own placeholders
  const format = "${Package} ${db:Status-Status}\n";
  const listed = await runTool("dpkg-query", ["-W", "-f", format, ...names]).catch(
    // It ends with 1 when it does not know one of them, and lists the others all the same.
    (error: unknown) => (error instanceof ToolError ? error.output : ""),
  );
  const installed = new Set(
    listed
      .split("\n")
      .filter((line) => line.endsWith(" installed"))
      .map((line) => line.split(" ")[0]),
  );
  return names.filter((name) => !installed.has(name));
}

async function aptInstall(names: readonly string[]): Promise<void> {
  const install = () =>
    runTool("apt-get", ["install", ...APT_OPTIONS, ...names], { env: { DEBIAN_FRONTEND: "noninteractive" } });
  try {
    await install();
  } catch {
    // A fresh machine has no package lists, an old one has lists of files that the mirror has no more.
    await runTool("apt-get", ["update"]);
    await install();
  }
}

/** Debian starts a service when its package is installed; a second DHCP server on this network would be the last thing wanted. */
async function withServicesHeld(work: () => Promise<void>): Promise<void> {
  if (existsSync(POLICY)) return work();
  await writeFile(POLICY, "#!/bin/sh\nexit 101\n", { mode: 0o755, flag: "wx" });
  const release = () => rmSync(POLICY, { force: true });
  // Left behind it would keep every service that is ever installed from starting.
  const onSignal = (signal: NodeJS.Signals) => {
    release();
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  };
  for (const signal of SIGNALS) process.once(signal, onSignal);
  try {
    await work();
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
    release();
  }
}
