/** Hosts as text for `mayfly.yaml`. */

import type { HostEntry } from "../boot/hosts.ts";
import type { ExportedHost } from "../boot/machine/approval.ts";

/**
 * Writes the hosts that approvals gave addresses to as they have to stand in the configuration.
 *
 * A host that stands there already is written whole: two entries of one name would be a mistake.
 */
export async function formatHosts(exported: readonly ExportedHost[]): Promise<string> {
  if (exported.length === 0) return "# No machine was approved that the configuration does not name.\n";
  const { Document, YAMLMap } = await import("yaml");
  const document = new Document({
    hosts: Object.fromEntries(exported.map(({ entry }) => [entry.name, keysOf(entry)])),
  });
  document.commentBefore = " For mayfly.yaml; after that 'mayfly unapprove MAC' changes nothing any more.";
  const hosts = document.get("hosts");
  if (!(hosts instanceof YAMLMap)) throw new Error("a map was written and something else was read");
  for (const [index, { isConfigured }] of exported.entries()) {
    const key: unknown = hosts.items[index]?.key;
    if (!isConfigured || typeof key !== "object" || key === null) continue;
    Object.assign(key, { commentBefore: " Takes the place of the entry of this name." });
  }
  return document.toString({ lineWidth: 0 });
}

/** A host's keys as they are written. A key of a host that is missing here does not compile. */
function keysOf(entry: HostEntry) {
  const {
    name: _,
    macs,
    uuids,
    serials,
    image,
    kernelParams,
    onFailure,
    maxBytesPerSecond,
    bootProgram,
    network,
    ...rest
  } = entry;
  rest satisfies Record<string, never>;
  return {
    macs,
    ...(uuids.length === 0 ? {} : { uuids }),
    ...(serials.length === 0 ? {} : { serials }),
    ...(image === undefined ? {} : { image }),
    ...(kernelParams === undefined ? {} : { kernelParams }),
    ...(onFailure === undefined ? {} : { onFailure }),
    ...network,
    ...(bootProgram === undefined ? {} : { bootProgram }),
    ...(maxBytesPerSecond === undefined ? {} : { maxMegabytesPerSecond: maxBytesPerSecond / 1_000_000 }),
  };
}
