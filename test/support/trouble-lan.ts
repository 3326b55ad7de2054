/** A LAN on which boots go wrong, and what Mayfly says of them. */

import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import type { DiagnosisCode } from "../../src/boot/diagnosis/diagnosis.ts";
import type { Namespace } from "../../src/lab/namespace.ts";
import type { Program } from "../../src/lab/program.ts";
import { type DiagnosisView, type SessionDetail, sessionDetail } from "../../src/web/schema/sessions.ts";
import type { PxeFirmware, PxeStep } from "./pxe-firmware-program.ts";

const FIRMWARE = fileURLToPath(new URL("pxe-firmware-program.ts", import.meta.url));
/** A boot stands still after 45 s, and who stands still is looked for every 15 s. */
const TOLD_WITHIN_MS = 100_000;
const API = "http://127.0.0.1:8081/api/v1";

/** Has a machine ask for its address, as far as it is told to. @returns what it was given, in order */
export async function runFirmware(machine: Namespace, firmware: PxeFirmware): Promise<readonly PxeStep[]> {
  const text = await machine.run(process.execPath, FIRMWARE, JSON.stringify(firmware));
  return text
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as PxeStep);
}

/** Drops packets of a namespace by rules of nftables, in its input or output. */
export async function dropIn(
  at: Namespace,
  hook: "input" | "output",
  ...rules: readonly string[]
): Promise<void> {
  const chain = `inet trouble ${hook}-drops`;
  await at.run("nft", "add table inet trouble");
  await at.run("nft", `add chain ${chain} { type filter hook ${hook} priority 0; }`);
  for (const rule of rules) await at.run("nft", `add rule ${chain} ${rule} counter drop`);
}

/** How many packets were dropped by the rules whose words these are. */
export async function droppedIn(at: Namespace, words: string): Promise<number> {
  const rules = (await at.run("nft", "list table inet trouble")).split("\n");
  const counts = rules.map((rule) => (rule.includes(words) ? /packets (\d+)/.exec(rule)?.[1] : undefined));
  return counts.reduce((sum, count) => sum + Number(count ?? 0), 0);
}

/** What the log has said is wrong with a machine, in order. */
export function toldCodes(server: Program, mac: string): readonly string[] {
  const lines = server.text().matchAll(/^.*?\b([0-9a-f:]{17})\)?: .* \(([a-z0-9-]+), boot [0-9a-z-]+\)/gm);
  return [...lines].flatMap(([, whose, code = ""]) => (whose === mac ? [code] : []));
}

export interface Told {
  readonly diagnosis: DiagnosisView;
  readonly boot: SessionDetail;
}

/**
 * Waits until the log names what is wrong with a machine, and nothing else before it.
 *
 * @param seen - what its evidence must have; each on one line of it
 * @returns what the API says of it then, as a person sees it
 */
export async function expectTold(
  server: Program,
  at: Namespace,
  mac: string,
  code: DiagnosisCode,
  ...seen: readonly RegExp[]
): Promise<Told> {
  const line = new RegExp(`${mac}\\)?: .* \\(([a-z0-9-]+), boot ([0-9a-z-]+)\\); .+$`, "m");
  const [, , id = ""] = await server.waitFor(line, TOLD_WITHIN_MS);
  expect(toldCodes(server, mac)).toEqual([code]);
  const boot = sessionDetail.parse(JSON.parse(await at.run("curl", "-fsS", `${API}/sessions/${id}`)));
  const [diagnosis] = boot.diagnoses;
  if (diagnosis?.code !== code) throw new Error(`${code} is not what the API says: ${JSON.stringify(boot)}`);
  for (const text of [diagnosis.what, diagnosis.cure]) expect(text).toMatch(/^[^\n]{20,320}[^.\n]$/);
  for (const words of [/./, ...seen]) expect(diagnosis.evidence).toContainEqual(expect.stringMatching(words));
  return { diagnosis, boot };
}
