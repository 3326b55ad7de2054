/** How a host is, in a word, and which of many want to be looked at first. Pure. */

import type { HostView } from "../../../src/web/schema/hosts.ts";
import type { Boot, State } from "./state.ts";

/** `attention`: a person should look; `booting`; `running`: it came up, or nobody says otherwise; `quiet`. */
export type HostKind = "attention" | "booting" | "running" | "quiet";

export const HOST_KINDS: readonly HostKind[] = ["attention", "booting", "running", "quiet"];

/** A host with what is known of it now. */
export interface HostRow {
  readonly host: HostView;
  readonly kind: HostKind;
  /** The boot that is under way. */
  readonly boot?: Boot | undefined;
  /** What a person should know first, in a few words. */
  readonly about?: string | undefined;
  /** The generation that runs, as far as anybody knows. */
  readonly runs?: string | undefined;
}

export function hostRow(host: HostView, boot: Boot | undefined): HostRow {
  const { lastBoot } = host;
  const trouble = troubleOf(host);
  const isUp = lastBoot?.outcome === "checked-in" || lastBoot?.outcome === "handed-over";
  const runs = isUp ? lastBoot.generation : undefined;
  if (boot !== undefined) {
    // What was found out before the page was opened only the host tells.
    const diagnosis = boot.diagnosis ?? (lastBoot?.id === boot.id ? lastBoot.diagnosis : undefined);
    if (diagnosis === undefined) return { host, kind: "booting", boot, runs };
    return { host, kind: "attention", boot: { ...boot, diagnosis }, about: diagnosis.what, runs };
  }
  const kind = trouble !== undefined ? "attention" : isUp ? "running" : "quiet";
  return { host, kind, about: trouble, runs };
}

/** Why a person should look, where one should. */
function troubleOf({ lastBoot, trouble, generation, image }: HostView): string | undefined {
  if (lastBoot?.diagnosis !== undefined) return lastBoot.diagnosis.what;
  if (lastBoot?.outcome === "failed") return "the last boot failed";
  if (lastBoot?.missing !== undefined) return `up, but missing ${lastBoot.missing.join(", ")}`;
  if (trouble !== undefined) return `the newer image is not served: ${trouble}`;
  if (lastBoot?.outcome === "turned-away") return "it was turned away";
  return generation === undefined ? `there is no image ${image} yet` : undefined;
}

/** Every host with what is known of it. */
export function hostRows({ hosts, boots, underWay }: State): readonly HostRow[] {
  const byHost = new Map<string, Boot>();
  for (const id of underWay.values()) {
    const boot = boots.get(id);
    if (boot?.host === undefined) continue;
    const other = byHost.get(boot.host);
    if (other === undefined || other.id < boot.id) byHost.set(boot.host, boot);
  }
  return [...(hosts?.values() ?? [])].map((host) => hostRow(host, byHost.get(host.name)));
}

export type HostOrder = "state" | "name" | "boot";

export interface HostWish {
  readonly text: string;
  readonly kind: HostKind | undefined;
  readonly order: HostOrder;
}

/** Those that somebody wants to see, in the order wanted; of equals by their names. */
export function chosenHosts(rows: readonly HostRow[], { text, kind, order }: HostWish): readonly HostRow[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = rows.filter(
    (row) => (kind === undefined || row.kind === kind) && words.every((word) => textOf(row).includes(word)),
  );
  return found.sort((a, b) => compare(a, b, order) || NAMES.compare(a.host.name, b.host.name));
}

/** Numbers in names count as numbers: rack-2 before rack-10. */
const NAMES = new Intl.Collator("en", { numeric: true });

function compare(a: HostRow, b: HostRow, order: HostOrder): number {
  if (order === "state") return HOST_KINDS.indexOf(a.kind) - HOST_KINDS.indexOf(b.kind);
  if (order === "name") return 0;
  const [left = "", right = ""] = [a.host.lastBoot?.start, b.host.lastBoot?.start];
  return left < right ? 1 : left > right ? -1 : 0;
}

function textOf({ host, about = "" }: HostRow): string {
  const { name, image, macs, lastBoot, generation } = host;
  const parts = [
    name,
    image,
    ...macs,
    lastBoot?.address,
    lastBoot?.mac,
    lastBoot?.generation,
    generation?.id,
  ];
  return [...parts, generation?.nixos, lastBoot?.nixos, generation?.kernel, lastBoot?.diagnosis?.code, about]
    .join(" ")
    .toLowerCase();
}

export function countKinds(rows: readonly HostRow[]): Readonly<Record<HostKind, number>> {
  const counts = { attention: 0, booting: 0, running: 0, quiet: 0 };
  for (const { kind } of rows) counts[kind] += 1;
  return counts;
}
