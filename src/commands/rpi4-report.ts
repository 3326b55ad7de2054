/** What `mayfly rpi4 assemble` did, as people read it. */

import { type Finding, formatFinding } from "../boot/rpi4/finding.ts";

/** As `--json` prints it. */
export interface Report {
  readonly target: string;
  readonly written: boolean;
  /** The folder had these very files already. */
  readonly unchanged: boolean;
  readonly dryRun: boolean;
  /** Where the folder that was replaced is now. */
  readonly previous?: string;
  readonly files: readonly ReportFile[];
  readonly leftOut: readonly string[];
  readonly downloads: readonly ReportDownload[];
  readonly findings: readonly Finding[];
}

export interface ReportFile {
  readonly place: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly source: string;
  /** Parts that have it too, with other content. */
  readonly instead: readonly string[];
}

export interface ReportDownload {
  readonly name: string;
  readonly url: string;
  readonly sha256: string;
  readonly known: "given" | "recorded" | "first";
}

/** As much of a hash as tells two files apart at a glance. */
const HASH_CHARS = 12;

export function formatReport(report: Report): string {
  return [
    ...table(report.files),
    ...report.leftOut,
    ...report.downloads.map(downloadLine),
    ...report.findings.map(formatFinding),
    summary(report),
  ].join("\n");
}

function table(files: readonly ReportFile[]): string[] {
  const rows = [
    ["FILE", "BYTES", "SHA-256", "FROM"],
    ...files.map(({ place, sizeBytes, sha256, source, instead }) => [
      place,
      String(sizeBytes),
      sha256.slice(0, HASH_CHARS),
      instead.length === 0 ? source : `${source}, not ${instead.join(", ")}`,
    ]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows.map(([place = "", bytes = "", hash = "", from = ""]) =>
    [place.padEnd(widths[0] ?? 0), bytes.padStart(widths[1] ?? 0), hash.padEnd(widths[2] ?? 0), from].join(
      "  ",
    ),
  );
}

function downloadLine({ name, url, sha256, known }: ReportDownload): string {
  switch (known) {
    case "given":
      return `${name}: ${url} has the SHA-256 that you gave`;
    case "recorded":
      return `${name}: ${url} is the file that was downloaded first`;
    case "first":
      return `${name}: ${url} has the SHA-256 ${sha256}: compare it with the release's page; from now on it must be this one`;
  }
}

function summary({ target, written, unchanged, dryRun, previous, files, findings }: Report): string {
  const bytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const amount = `${files.length} files, ${(bytes / 1_000_000).toFixed(1)} MB`;
  const advice = findings.length === 0 ? "" : `; ${findings.length} to look at, above`;
  if (dryRun) return `${amount}: nothing was written${advice}`;
  if (unchanged) return `${target} has these ${files.length} files already${advice}`;
  if (!written) return `${amount}: nothing was written${advice}`;
  const before = previous === undefined ? "" : `; the one before is ${previous}`;
  return `${target} is ready: ${amount}${advice}${before}`;
}
