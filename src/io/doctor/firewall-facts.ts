/** Asks nft and iptables for their rules, where they are installed and this user may. */

import type { FirewallFacts } from "../../boot/doctor/facts.ts";
import { parseIptables } from "../../boot/doctor/iptables-rules.ts";
import { parseNft } from "../../boot/doctor/nft-rules.ts";
import { runTool, ToolError } from "../system/run-tool.ts";

const BOUND_MS = 10_000;
/** A machine that keeps a list of a hundred thousand addresses out has as much as this. */
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** Where distributions put them; an ordinary user's PATH often lacks it. */
const SYSTEM_PATH = "/usr/local/sbin:/usr/sbin:/sbin:/run/current-system/sw/bin";

/** The rules of both: a packet has to get past each. */
export async function readFirewall(): Promise<FirewallFacts> {
  const [nft, iptables] = await Promise.all([
    outputOf("nft", ["-j", "list", "ruleset"]),
    outputOf("iptables-save", ["-t", "filter"]),
  ]);
  return {
    walls: [...parseNft(nft ?? ""), ...parseIptables(iptables ?? "")],
    unread: [...(nft === undefined ? ["nft"] : []), ...(iptables === undefined ? ["iptables-save"] : [])],
  };
}

/** An empty text where the program is not installed: it has no rules then. */
async function outputOf(command: string, args: readonly string[]): Promise<string | undefined> {
  const env = { PATH: `${process.env.PATH ?? ""}:${SYSTEM_PATH}` };
  const options = { env, timeoutMs: BOUND_MS, maxOutputBytes: MAX_OUTPUT_BYTES };
  return runTool(command, args, options).catch((error: unknown) => (isAbsent(error) ? "" : undefined));
}

function isAbsent(error: unknown): boolean {
  const cause = error instanceof ToolError ? error.cause : undefined;
  return cause instanceof Error && "code" in cause && cause.code === "ENOENT";
}
