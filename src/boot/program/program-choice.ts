/**
 * Which of the iPXE binaries that were found serves which firmware.
 *
 * What a file is for is told by its content: an EFI program by the machine field of its PE header. A
 * name only ranks it, and refuses it where the two disagree.
 *
 * Beside the best one of a kind stands one with the other driver, for cards on which the first one dies
 * (I12), and whatever else the operator has put into a folder of his own, under its own name.
 */

import type { ProgramKind } from "../arch.ts";
import type { Notice } from "../event.ts";
import { type Distribution, type MissingProgram, missingNotices, missingOf } from "./missing-programs.ts";
import type { BootProgram, ProgramDriver } from "./program.ts";
import { programKindByName } from "./program-alias.ts";
import { KINDS, type KindRow } from "./program-kinds.ts";

/** A file that may be a boot program. */
export interface ProgramFile {
  readonly path: string;
  /** Relative to the folder that was searched: `arm64-efi/snponly.efi`. */
  readonly name: string;
  readonly sizeBytes: number;
  /** The PE header's machine field; absent for what is no EFI program. */
  readonly machine?: number;
}

export interface ProgramChoice {
  readonly programs: readonly BootProgram[];
  readonly notices: readonly Notice[];
  /** One for each kind of firmware that there is nothing for. */
  readonly missing: readonly MissingProgram[];
}

/**
 * Ranks of EFI programs, best first.
 *
 * `snponly` drives the card that the firmware booted from through the firmware's own driver, which
 * has just proved that it works: iPXE's native drivers hang on some cards (I12), bounce the link and
 * so wait for spanning tree (I16), and take the USB keyboard away. With several cards it also stays
 * on the right one (C5), and on a Raspberry Pi 4 it is what works at all (B3, C5). Where it is the
 * wrong one (Realtek 8168, I12), the operator's own file of the served name wins.
 */
const EFI_RANKS: readonly RegExp[] = [/snponly/, /snp/, /ipxe/];

/** `undionly` keeps the card's own PXE stack, for the same reason; `ipxe.pxe` has drivers of its own. */
const BIOS_RANKS: readonly RegExp[] = [
  /^undionly\.kpxe$/,
  /^undionly\.kkpxe$/,
  /^undionly\.pxe$/,
  /^ipxe\.k?pxe$/,
];

/** Architectures as file and folder names spell them. */
const CLAIMS: readonly (readonly [RegExp, ProgramKind])[] = [
  [/(^|[^a-z0-9])(x64|x86[-_]64|amd64)([^a-z0-9]|$)/, "efi-x64"],
  [/(^|[^a-z0-9])(arm64|aarch64|aa64)([^a-z0-9]|$)/, "efi-arm64"],
  [/(^|[^a-z0-9])(i386|ia32|x86)([^a-z0-9]|$)/, "efi-x86"],
  [/(^|[^a-z0-9])(arm32|armhf)([^a-z0-9]|$)/, "efi-arm32"],
  [/(^|[^a-z0-9])riscv64([^a-z0-9]|$)/, "efi-riscv64"],
  [/(^|[^a-z0-9])loong(arch)?64([^a-z0-9]|$)/, "efi-loong64"],
];

/** Whether a file of this name is worth a look at its content. */
export function mayBeProgram(name: string): boolean {
  const base = baseName(name);
  return BIOS_RANKS.some((rank) => rank.test(base)) || /^(ipxe|snp|snponly)[^/]*\.efi$/.test(base);
}

/** Whether a file of this name in a folder of the operator's own may be a boot program of any make. */
export function mayBeOwnProgram(name: string): boolean {
  return mayBeProgram(name) || /\.(efi|k?k?pxe|0)$/.test(baseName(name));
}

/**
 * Chooses the programs for each kind of firmware: the best ones first, then the others.
 *
 * @param folders - what each folder holds; an earlier folder wins over a later one whatever the names are
 */
export function choosePrograms(
  folders: readonly (readonly ProgramFile[])[],
  distribution: Distribution,
): ProgramChoice {
  const fit = folders.map((files) => files.filter((file) => misnamed(file) === undefined));
  const chosen = KINDS.flatMap((row) => {
    const [best, ...rest] = fit.flatMap((files) => ranked(row, files));
    if (best === undefined) return [];
    const driver = driverOf(row, best);
    const other = rest.find((file) => driverOf(row, file) !== undefined && driverOf(row, file) !== driver);
    return [{ row, best, ...(other === undefined ? {} : { other }) }];
  });
  const programs = chosen.map(({ row, best }) => programOf(row, best, row.served));
  const others = chosen.flatMap(({ row, other }) => {
    const driver = other === undefined ? undefined : driverOf(row, other);
    return other === undefined || driver === undefined
      ? []
      : [programOf(row, other, row.servedOther[driver])];
  });
  const named = ownNames(fit.flat(), [...programs, ...others]);
  const refused = folders.flat().flatMap((file) => misnamed(file) ?? []);
  const missing = missingOf(programs, distribution);
  return {
    programs: [...programs, ...others, ...named],
    notices: [...refused, ...missingNotices(missing)],
    missing,
  };
}

function programOf(row: KindRow, file: ProgramFile, name: string): BootProgram {
  const driver = driverOf(row, file);
  const { path, sizeBytes } = file;
  return { name, kind: row.kind, path, sizeBytes, ...(driver === undefined ? {} : { driver }) };
}

/** What is left is served by its own name, for who asks for it, unless the name means something else already. */
function ownNames(files: readonly ProgramFile[], taken: readonly BootProgram[]): BootProgram[] {
  const names = new Set(taken.map(({ name }) => name));
  const paths = new Set(taken.map(({ path }) => path));
  return files.flatMap((file) => {
    const name = baseName(file.name);
    const row = KINDS.find(({ machines = [] }) =>
      file.machine === undefined ? machines.length === 0 : machines.includes(file.machine),
    );
    const isKnown = programKindByName(name) !== undefined || names.has(name) || paths.has(file.path);
    // Where there is nothing for a kind of firmware, it shall not seem to be for all of it.
    const hasBest = taken.some(({ kind }) => kind === row?.kind);
    if (row === undefined || !hasBest || isKnown || file.sizeBytes === 0) return [];
    names.add(name);
    return [programOf(row, file, name)];
  });
}

/** Those of a kind, best first; of equal ones the first. */
function ranked(row: KindRow, files: readonly ProgramFile[]): ProgramFile[] {
  return files
    .map((file) => ({ file, rank: rankOf(row, file) }))
    .filter(({ rank }) => rank < Number.POSITIVE_INFINITY)
    .sort((a, b) => a.rank - b.rank)
    .map(({ file }) => file);
}

/** As iPXE calls its builds. What the operator has put under the served name is his to know. */
function driverOf({ served }: KindRow, { name }: ProgramFile): ProgramDriver | undefined {
  const base = baseName(name);
  if (/snp|undionly|-firmware\./.test(base)) return "firmware";
  return base.startsWith("ipxe") && base !== served ? "native" : undefined;
}

function rankOf(row: KindRow, { name, machine, sizeBytes }: ProgramFile): number {
  const base = baseName(name);
  // A shim is no iPXE: under another name than its own it would look for what it loads in vain (Q15).
  if (/shim/.test(base)) return Number.POSITIVE_INFINITY;
  if (sizeBytes === 0 || (machine !== undefined) !== (row.machines !== undefined))
    return Number.POSITIVE_INFINITY;
  if (machine !== undefined && row.machines?.includes(machine) !== true) return Number.POSITIVE_INFINITY;
  if (base === row.served && machine !== undefined) return -1;
  const ranks = machine === undefined ? BIOS_RANKS : EFI_RANKS;
  const rank = ranks.findIndex((each) => each.test(base));
  return rank < 0 ? Number.POSITIVE_INFINITY : rank;
}

/** Why a file is not taken although its name says that it is meant; `undefined` if all is well. */
function misnamed({ path, name, machine }: ProgramFile): Notice | undefined {
  const claimed = CLAIMS.find(([pattern]) => pattern.test(name.toLowerCase()))?.[1];
  const isEfi = name.endsWith(".efi");
  if (isEfi && machine === undefined) {
    return { level: "warn", text: `${path} is no EFI program: it is not served`, cure: "replace it" };
  }
  if (!isEfi && machine !== undefined) {
    return {
      level: "warn",
      text: `${path} is an EFI program, no BIOS one: it is not served`,
      cure: "replace it",
    };
  }
  const real = KINDS.find((row) => machine !== undefined && row.machines?.includes(machine))?.kind;
  if (claimed === undefined || machine === undefined || claimed === real) return undefined;
  return {
    level: "warn",
    text: `${path} is not what its name says: it is built for ${real ?? `machine type 0x${machine.toString(16)}`}`,
    cure: "it is not served; replace or rename it",
  };
}

function baseName(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1).toLowerCase();
}
