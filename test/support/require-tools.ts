/**
 * Runs once before the tests with real clients: installs or fetches what they need where it may, and
 * tells them what is lacking all the same. Lacking something skips tests locally and fails in CI.
 */

import type { TestProject } from "vitest/node";
import { ensurePackages, findTool } from "../../src/io/system/packages.ts";
import { ensureLabFiles, LAB_PACKAGES } from "../../src/lab/files.ts";
import { findIsolation } from "../../src/lab/namespace.ts";
import { ensureDhcpServers } from "./dhcp-servers.ts";
import { ensureDhcrelay } from "./dhcrelay.ts";

/** What a test can say that it needs. */
export type Need = (typeof TOOLS)[number] | "lan" | "lab-files" | "dhcrelay" | "dhcp-servers";

const TOOLS = [
  "qemu-system-x86_64",
  "qemu-system-aarch64",
  "dnsmasq",
  "nginx",
  "tftp",
  "atftp",
  "curl",
  "busybox",
  "kexec",
  "dash",
  "bash",
  "zsh",
  "fish",
  "udhcpc",
  "dhclient",
  "nft",
  "tcpdump",
  "tshark",
  "strace",
  "nix-build",
  "nix-collect-garbage",
  "xorriso",
  "mformat",
  "chromium",
] as const;

declare module "vitest" {
  export interface ProvidedContext {
    /** What is lacking, and why or how to get it. */
    readonly lacking: Readonly<Record<string, string>>;
  }
}

export default async function setup(project: TestProject): Promise<void> {
  const lacking = await findLacking();
  project.provide("lacking", lacking);
  const lines = Object.entries(lacking).map(([need, cure]) => `  ${need}: ${cure}`);
  if (lines.length === 0) return;
  const message = `the tests with real clients lack\n${lines.join("\n")}`;
  if (process.env.CI !== undefined && process.env.CI !== "") throw new Error(message);
  say(`${message}\n  tests that need these are skipped; 'npx node scripts/setup.ts lab' as root gets them`);
}

async function findLacking(): Promise<Record<string, string>> {
  const outcome = await ensurePackages(LAB_PACKAGES, say);
  const cure = outcome.type === "manual" ? `${outcome.reason}; run: ${outcome.command}` : "not in PATH";
  const tools = TOOLS.filter((tool) => findTool(tool) === undefined).map((tool) => [tool, cure] as const);
  const lan = await findIsolation().then(() => undefined, messageOf);
  const files = await ensureLabFiles(say).then(() => undefined, messageOf);
  const relay = await ensureDhcrelay().then(() => undefined, messageOf);
  const servers = await ensureDhcpServers(say).then(() => undefined, messageOf);
  return Object.fromEntries([
    ...tools,
    ...(lan === undefined ? [] : [["lan", lan] as const]),
    ...(files === undefined ? [] : [["lab-files", files] as const]),
    ...(relay === undefined ? [] : [["dhcrelay", relay] as const]),
    ...(servers === undefined ? [] : [["dhcp-servers", servers] as const]),
  ]);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function say(line: string): void {
  console.log(`clients: ${line}`);
}
