/**
 * The noun `closure`: what a system consists of, as the names and sizes of its store paths, and what
 * differs between two of them. Pure.
 */

import { parsePackageName } from "./package-name.ts";

/** One store path of a closure. */
export interface ClosurePath {
  /** Without the hash: `openssl-3.0.14-dev`. */
  readonly name: string;
  readonly sizeBytes: number;
}

/** In any order; two paths may have the same name. */
export type Closure = readonly ClosurePath[];

/** A package of which two closures do not have the same. */
export interface PackageChange {
  readonly name: string;
  /** `resized`: the same versions, but built otherwise. */
  readonly change: "added" | "removed" | "changed" | "resized";
  /** Versions that only the earlier closure has, in order; an empty one is a package without a version. */
  readonly before: readonly string[];
  /** Versions that only the later one has. */
  readonly after: readonly string[];
  /** How much larger the later one's paths of this package are, in bytes. */
  readonly deltaBytes: number;
}

/** Less than this is no news, as for nix. */
const RESIZED_BYTES = 8 * 1024;

/** What changed from one closure to another, by the names of the packages. */
export function diffClosures(before: Closure, after: Closure): PackageChange[] {
  const old = groupByPackage(before);
  const young = groupByPackage(after);
  const names = [...new Set([...old.keys(), ...young.keys()])].sort();
  return names.flatMap((name) => changeOf(name, old.get(name), young.get(name)) ?? []);
}

export function closureBytes(closure: Closure): number {
  return closure.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

/** As lines, to be kept: `123 openssl-3.0.14`. */
export function formatClosure(closure: Closure): string[] {
  return closure.map(({ name, sizeBytes }) => `${sizeBytes} ${name}`);
}

/** The opposite of {@link formatClosure}. */
export function parseClosure(lines: readonly string[]): Closure {
  return lines.map((line) => {
    const at = line.indexOf(" ");
    return { name: line.slice(at + 1), sizeBytes: Number(line.slice(0, at)) };
  });
}

interface Package {
  readonly versions: Set<string>;
  sizeBytes: number;
}

function groupByPackage(closure: Closure): ReadonlyMap<string, Package> {
  const packages = new Map<string, Package>();
  for (const { name, sizeBytes } of closure) {
    const parsed = parsePackageName(name);
    const group = packages.get(parsed.name) ?? { versions: new Set(), sizeBytes: 0 };
    group.versions.add(parsed.version);
    group.sizeBytes += sizeBytes;
    packages.set(parsed.name, group);
  }
  return packages;
}

const NOTHING: Package = { versions: new Set(), sizeBytes: 0 };

function changeOf(
  name: string,
  old: Package | undefined,
  young: Package | undefined,
): PackageChange | undefined {
  const from = old ?? NOTHING;
  const to = young ?? NOTHING;
  const before = [...from.versions].filter((version) => !to.versions.has(version)).sort();
  const after = [...to.versions].filter((version) => !from.versions.has(version)).sort();
  const deltaBytes = to.sizeBytes - from.sizeBytes;
  const isSame = before.length === 0 && after.length === 0;
  if (isSame && Math.abs(deltaBytes) < RESIZED_BYTES) return undefined;
  const change =
    old === undefined ? "added" : young === undefined ? "removed" : isSame ? "resized" : "changed";
  return { name, change, before, after, deltaBytes };
}
