/** `mayfly rpi4 assemble`: puts a Raspberry Pi 4's boot folder together from its parts. */

import { join } from "node:path";
import type { Finding } from "../boot/rpi4/finding.ts";
import { lintTree, missingOverlays } from "../boot/rpi4/lint.ts";
import { type Part, recognisePart } from "../boot/rpi4/part.ts";
import { BOOT_PROGRAM } from "../boot/rpi4/places.ts";
import { type Plan, planTree, sameBytes, treeOf } from "../boot/rpi4/plan.ts";
import { type DownloadChoices, type Wanted, wantedOverlays, wantedReleases } from "../boot/rpi4/release.ts";
import { loadSettings, type SettingsRequest } from "../config/load.ts";
import type { Settings } from "../config/settings.ts";
import { findBootPrograms } from "../io/boot-programs.ts";
import { sha256Of } from "../io/rpi4/download.ts";
import { type Fetched, type FetchPlaces, fetchWanted } from "../io/rpi4/fetch-wanted.ts";
import { readLock, writeLock } from "../io/rpi4/lock-file.ts";
import { PartError } from "../io/rpi4/part-error.ts";
import { type PartName, readPart, readTree } from "../io/rpi4/read-part.ts";
import { writeTree } from "../io/rpi4/write-tree.ts";
import { createProgress, type ProgressStream } from "./rpi4-progress.ts";
import { formatReport, type Report } from "./rpi4-report.ts";

export interface AssembleRequest {
  readonly settings: SettingsRequest;
  /** Files, folders and zips, as given. */
  readonly parts: readonly string[];
  /** Absent: nothing is downloaded. */
  readonly download?: DownloadChoices;
  readonly dryRun: boolean;
  /** Writes the folder in spite of errors. */
  readonly force: boolean;
  readonly json: boolean;
  readonly signal: AbortSignal;
  /** Takes the report. */
  readonly print: (text: string) => void;
  /** Takes the progress. */
  readonly progress: ProgressStream;
  /** Between tries of a download; a test has none. */
  readonly waitFactor?: number;
}

/**
 * Assembles the folder `rpi4` of the media folder.
 *
 * @throws PartError when a part cannot be used, or a Pi would not boot from the folder; the old one stays then
 */
export async function assemble(request: AssembleRequest): Promise<void> {
  const settings = await loadSettings(request.settings);
  const target = join(settings.mediaFolder, "rpi4");
  const { plan, fetched } = await gather(request, settings, target);
  const findings = lintTree(treeOf(plan));
  const errors = findings.filter(({ level }) => level === "error").length;
  const isRefused = errors > 0 && !request.force;
  const outcome = request.dryRun || isRefused ? undefined : await put(target, plan);
  const report: Report = {
    target,
    written: outcome !== undefined && outcome.type === "written",
    unchanged: outcome?.type === "unchanged",
    dryRun: request.dryRun,
    ...(outcome?.type === "written" && outcome.previous !== undefined ? { previous: outcome.previous } : {}),
    files: plan.files.map(({ place, bytes, source, instead }) => ({
      place,
      sizeBytes: bytes.length,
      sha256: sha256Of(bytes),
      source,
      instead,
    })),
    leftOut: plan.leftOut,
    downloads: fetched.map(({ wanted, sha256, known }) => ({
      name: wanted.name,
      url: wanted.url,
      sha256,
      known,
    })),
    findings,
  };
  request.print(request.json ? JSON.stringify(report, undefined, 2) : formatReport(report));
  if (isRefused) throw new PartError(refusal(target, findings, errors));
}

function refusal(target: string, findings: readonly Finding[], errors: number): string {
  const missing = findings.filter(({ code }) => code === "missing-file").map(({ place }) => place);
  const lacks =
    missing.length === 0 ? "" : ` (${missing.join(", ")} ${missing.length === 1 ? "is" : "are"} missing)`;
  const count = errors === 1 ? "one error" : `${errors} errors`;
  return `a Pi 4 would not boot from it: ${count}${lacks}; ${target} stays as it is. --force writes it all the same`;
}

/** All parts, with what is downloaded for what they lack, and the plan that comes of it. */
async function gather(
  request: AssembleRequest,
  settings: Settings,
  target: string,
): Promise<{ plan: Plan; fetched: readonly Fetched[] }> {
  if (request.parts.length === 0 && request.download === undefined) throw new PartError(NOTHING_GIVEN);
  const parts = await readParts(request.parts);
  const fetched: Fetched[] = [];
  const places: FetchPlaces = { target, downloads: join(settings.stateFolder, "downloads") };
  const take = async (wanted: readonly Wanted[]) => {
    for (const each of wanted) {
      const file = await fetchOne(each, places, request);
      fetched.push(file);
      const name = baseName(each.url);
      parts.push(await partOf(file.path, { source: `${each.name} (${name})`, name }));
    }
  };
  if (request.download !== undefined) await take(wantedReleases(parts, request.download));
  parts.push(...(await serverPart(parts, settings)));
  if (request.download !== undefined) {
    await take(wantedOverlays(missingOverlays(treeOf(planTree(parts))), request.download));
  }
  return { plan: planTree(parts), fetched };
}

const NOTHING_GIVEN =
  "nothing to assemble from; give the UEFI release zip, pipxe's output, overlays or firmware, as files, folders or zips, or let --download fetch them";

/** Reads them all, so that every mistake is told at once. */
async function readParts(paths: readonly string[]): Promise<Part[]> {
  const parts: Part[] = [];
  const reasons: string[] = [];
  for (const path of paths) {
    try {
      parts.push(await partOf(path));
    } catch (error) {
      if (!(error instanceof PartError)) throw error;
      reasons.push(error.message);
    }
  }
  if (reasons.length > 0) throw new PartError(reasons.join("\n  "));
  return parts;
}

async function partOf(path: string, as: PartName = {}): Promise<Part> {
  const recognised = recognisePart(await readPart(path, as));
  if (recognised.type === "refused") throw new PartError(recognised.reason);
  return recognised.part;
}

async function fetchOne(wanted: Wanted, places: FetchPlaces, request: AssembleRequest): Promise<Fetched> {
  const progress = createProgress(wanted.name, request.progress);
  try {
    return await fetchWanted(wanted, places, {
      signal: request.signal,
      onProgress: progress.onProgress,
      ...(request.waitFactor === undefined ? {} : { waitFactor: request.waitFactor }),
    });
  } finally {
    progress.done();
  }
}

/** The program that the server gives to arm64 UEFI machines, where no part has one. */
async function serverPart(parts: readonly Part[], settings: Settings): Promise<Part[]> {
  if (parts.some(({ files }) => files.some(({ place }) => place === BOOT_PROGRAM))) return [];
  const { programs } = await findBootPrograms({
    ownFolder: join(settings.mediaFolder, "ipxe"),
    ipxeFolders: settings.ipxeFolders,
  });
  const program = programs.find(({ kind }) => kind === "efi-arm64");
  if (program === undefined) return [];
  const given = await readPart(program.path);
  const files = given.files.map(({ bytes }) => ({ place: BOOT_PROGRAM, bytes }));
  return [{ source: program.path, kind: "server", files, leftOut: [] }];
}

type Outcome = { readonly type: "unchanged" } | { readonly type: "written"; readonly previous?: string };

async function put(target: string, plan: Plan): Promise<Outcome> {
  const inUse = await readTree(target).catch(() => undefined);
  const planned = treeOf(plan);
  const isSame =
    inUse?.size === planned.size &&
    [...planned].every(([place, bytes]) => sameBytes(bytes, inUse.get(place) ?? new Uint8Array()));
  const outcome: Outcome = isSame
    ? { type: "unchanged" }
    : { type: "written", ...(await writeTree(target, plan.files)) };
  const files = Object.fromEntries(plan.files.map(({ place, bytes }) => [place, sha256Of(bytes)]));
  await writeLock(target, { ...(await readLock(target)), files });
  return outcome;
}

function baseName(url: string): string {
  return decodeURIComponent(new URL(url).pathname.split("/").at(-1) ?? url);
}
