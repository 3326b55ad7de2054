/** What was approved as text for `mayfly.yaml`. */

import type { ApprovedMacs } from "../boot/machine/approval.ts";
import type { RawConfig } from "./raw.ts";

/**
 * Writes hosts with their approved addresses as they would stand in the configuration.
 *
 * A host that stands there already is written whole, since two entries of one name are a mistake.
 *
 * @param hosts - as the file has them
 */
export async function formatApproved(
  approved: readonly ApprovedMacs[],
  hosts: NonNullable<RawConfig["hosts"]>,
): Promise<string> {
  if (approved.length === 0) return "# Nothing was approved that the configuration does not say.\n";
  const { Document, isMap, isScalar } = await import("yaml");
  const entries = approved.map(({ host, macs }) => [host, grown(hosts[host], macs)] as const);
  const document = new Document({ hosts: Object.fromEntries(entries) });
  document.commentBefore = " For mayfly.yaml; 'mayfly unapprove MAC' changes nothing any more after that.";
  const written = document.get("hosts");
  for (const { key } of isMap(written) ? written.items : []) {
    if (!isScalar(key) || !(String(key.value) in hosts)) continue;
    key.commentBefore = " In place of the entry of this name.";
  }
  return document.toString({ lineWidth: 0 });
}

function grown(host: NonNullable<RawConfig["hosts"]>[string], macs: readonly string[]) {
  const given = Object.entries(host ?? {}).filter(([, value]) => value !== null && value !== undefined);
  return { ...Object.fromEntries(given), macs: [...(host?.macs ?? []), ...macs] };
}
