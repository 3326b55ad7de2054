/**
 * Which of the iPXE binaries that were found serves which firmware, and what to do about those that are missing.
 *
 * What a file is for is told by its content: an EFI program by the machine field of its PE header. A
 * name only ranks it, and refuses it where the two disagree.
 *
 * Beside the best one of a kind stands one with the other driver, for cards on which the first one dies
 * (I12), and whatever else the operator has put into a folder of his own, under its own name.
 */

import type { ProgramKind } from "../arch.ts";
import type { Notice } from "../event.ts";
import type { BootProgram, ProgramDriver } from "./program.ts";
import { programKindByName } from "./program-alias.ts";

/** A file that may be a boot program. */
export interface ProgramFile {
  readonly path: string;
  /** Relative to the folder that was searched: `arm64-efi/snponly.efi`. */
  readonly name: string;
  readonly sizeBytes: number;
  /** The PE header's machine field; absent for what is no EFI program. */
  readonly machine?: number;
}

/** A distribution, as far as it decides how iPXE gets onto the machine. */
export type Distribution = "debian" | "debian-12" | "fedora" | "arch" | "nixos" | "other";

export interface ProgramChoice {
  readonly programs: readonly BootProgram[];
  readonly notices: readonly Notice[];
  /** One for each kind of firmware that there is nothing for. */
  readonly missing: readonly MissingProgram[];
}

export interface MissingProgram {
  readonly kind: ProgramKind;
  /** Whose program it is, in words: `arm64 UEFI machines`. */
  readonly people: string;
  /** What is told of it alone. */
  readonly text: string;
  readonly cure: string;
}

interface KindRow {
  readonly kind: ProgramKind;
  /** What firmware asks for; also the name by which an operator puts another file in its place. */
  readonly served: string;
  /** What the one with the other driver is called. */
  readonly servedOther: Readonly<Record<ProgramDriver, string>>;
  /** As it stands in the PE header; absent for BIOS. */
  readonly machines?: readonly number[];
  readonly people: string;
}

function efi(kind: ProgramKind, arch: string, machines: readonly number[], people: string): KindRow {
  const name = `ipxe-${arch}`;
  const servedOther = { firmware: `${name}-firmware.efi`, native: `${name}-native.efi` };
  return { kind, served: `${name}.efi`, servedOther, machines, people };
}

const KINDS: readonly KindRow[] = [
  {
    kind: "bios-x86",
    served: "undionly.kpxe",
    servedOther: { firmware: "undionly-firmware.kpxe", native: "ipxe.pxe" },
    people: "BIOS machines",
  },
  efi("efi-x64", "x64", [0x8664], "x64 UEFI machines"),
  efi("efi-arm64", "arm64", [0xaa64], "arm64 UEFI machines"),
  efi("efi-x86", "x86", [0x14c], "32-bit x86 UEFI"),
  efi("efi-arm32", "arm32", [0x1c0, 0x1c2, 0x1c4], "32-bit ARM UEFI"),
  efi("efi-riscv64", "riscv64", [0x5064], "RISC-V UEFI"),
  efi("efi-loong64", "loong64", [0x6264], "LoongArch UEFI"),
];

/** The name by which firmware of a kind is given its program, whether or not one was found. */
export function servedName(kind: ProgramKind): string {
  return KINDS.find((row) => row.kind === kind)?.served ?? kind;
}

/** The kinds that a network is likely to have; the others are named in one line. */
export const COMMON_KINDS: ReadonlySet<ProgramKind> = new Set(["bios-x86", "efi-x64", "efi-arm64"]);

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

function missingOf(programs: readonly BootProgram[], distribution: Distribution): MissingProgram[] {
  const found = new Set(programs.map((each) => each.kind));
  return KINDS.filter((row) => !found.has(row.kind)).map((row) => ({
    kind: row.kind,
    people: row.people,
    text: `${row.people} cannot be booted: no boot program (${row.served}) was found for them`,
    cure: COMMON_KINDS.has(row.kind) ? cureFor(row, distribution) : byHand(row),
  }));
}

function missingNotices(missing: readonly MissingProgram[]): Notice[] {
  const rare = missing.filter(({ kind }) => !COMMON_KINDS.has(kind));
  return [
    ...missing
      .filter(({ kind }) => COMMON_KINDS.has(kind))
      .map(
        ({ kind, text, cure }): Notice => ({
          // Who has no such machine cannot act on it; who has one is warned when it asks.
          level: kind === "efi-arm64" ? "info" : "warn",
          text,
          cure,
        }),
      ),
    ...(rare.length === 0
      ? []
      : [
          {
            // Hardly anybody has one; who does is told when it asks.
            level: "debug" as const,
            text: `there is no boot program for ${rare.map(({ people }) => people).join(", ")}`,
            cure: `if you have such machines, put ${rare.map(({ kind }) => servedName(kind)).join(", ")} into boot-media/ipxe/`,
          },
        ]),
  ];
}

function byHand({ served }: Pick<KindRow, "served">): string {
  return `put ${served} into boot-media/ipxe/`;
}

/** The exact command where there is one. */
function cureFor(row: KindRow, distribution: Distribution): string {
  const isArm = row.kind === "efi-arm64";
  switch (distribution) {
    case "debian":
      return "sudo apt-get install ipxe";
    case "debian-12":
      // Its package has none for arm64; that of Debian 13 has.
      return isArm
        ? `'npm run setup' in a checkout fetches it, or ${byHand(row)}`
        : "sudo apt-get install ipxe";
    case "fedora":
      return `sudo dnf install ${isArm ? "ipxe-bootimgs-aarch64" : "ipxe-bootimgs-x86"}`;
    case "arch":
      return isArm ? byHand(row) : "sudo pacman -S ipxe";
    case "nixos":
      return isArm
        ? "nix build -o boot-media/ipxe/arm64 nixpkgs#pkgsCross.aarch64-multiplatform.ipxe"
        : "nix build -o boot-media/ipxe/x86 nixpkgs#ipxe";
    case "other":
      return byHand(row);
  }
}

/** Tells the distribution from the text of `/etc/os-release`. */
export function parseDistribution(osRelease: string): Distribution {
  const field = (name: string) =>
    new RegExp(`^${name}=["']?([^"'\\n]*)`, "m").exec(osRelease)?.[1]?.toLowerCase() ?? "";
  const ids = [field("ID"), ...field("ID_LIKE").split(" ")];
  if (ids[0] === "debian") return Number(field("VERSION_ID") || "99") < 13 ? "debian-12" : "debian";
  // Which of Debian's files a derivative has differs; that its package is called so does not.
  if (ids.includes("debian") || ids.includes("ubuntu")) return "debian-12";
  if (ids.includes("fedora") || ids.includes("rhel")) return "fedora";
  if (ids.includes("arch")) return "arch";
  return ids.includes("nixos") ? "nixos" : "other";
}

function baseName(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1).toLowerCase();
}
