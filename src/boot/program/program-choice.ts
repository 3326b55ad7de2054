/**
 * Which of the iPXE binaries that were found serves which firmware, and what to do about those that are missing.
 *
 * What a file is for is told by its content: an EFI program by the machine field of its PE header. A
 * name only ranks it, and refuses it where the two disagree.
 */

import type { ProgramKind } from "../arch.ts";
import type { Notice } from "../event.ts";
import type { BootProgram } from "./program.ts";

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
}

interface KindRow {
  readonly kind: ProgramKind;
  /** What firmware asks for; also the name by which an operator puts another file in its place. */
  readonly served: string;
  /** As it stands in the PE header; absent for BIOS. */
  readonly machines?: readonly number[];
  readonly people: string;
}

const KINDS: readonly KindRow[] = [
  { kind: "bios-x86", served: "undionly.kpxe", people: "BIOS machines" },
  { kind: "efi-x64", served: "ipxe-x64.efi", machines: [0x8664], people: "x64 UEFI machines" },
  { kind: "efi-arm64", served: "ipxe-arm64.efi", machines: [0xaa64], people: "arm64 UEFI machines" },
  { kind: "efi-x86", served: "ipxe-x86.efi", machines: [0x14c], people: "32-bit x86 UEFI" },
  { kind: "efi-arm32", served: "ipxe-arm32.efi", machines: [0x1c0, 0x1c2, 0x1c4], people: "32-bit ARM UEFI" },
  { kind: "efi-riscv64", served: "ipxe-riscv64.efi", machines: [0x5064], people: "RISC-V UEFI" },
  { kind: "efi-loong64", served: "ipxe-loong64.efi", machines: [0x6264], people: "LoongArch UEFI" },
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

/**
 * Chooses one program for each kind of firmware.
 *
 * @param folders - what each folder holds; an earlier folder wins over a later one whatever the names are
 */
export function choosePrograms(
  folders: readonly (readonly ProgramFile[])[],
  distribution: Distribution,
): ProgramChoice {
  const fit = folders.map((files) => files.filter((file) => misnamed(file) === undefined));
  const programs = KINDS.flatMap((row) => {
    const file = fit.map((files) => best(row, files)).find((each) => each !== undefined);
    return file === undefined
      ? []
      : [{ name: row.served, kind: row.kind, path: file.path, sizeBytes: file.sizeBytes }];
  });
  const refused = folders.flat().flatMap((file) => misnamed(file) ?? []);
  return { programs, notices: [...refused, ...missing(programs, distribution)] };
}

function best(row: KindRow, files: readonly ProgramFile[]): ProgramFile | undefined {
  let chosen: ProgramFile | undefined;
  let rank = Number.POSITIVE_INFINITY;
  for (const file of files) {
    const own = rankOf(row, file);
    if (own < rank) [chosen, rank] = [file, own];
  }
  return chosen;
}

function rankOf(row: KindRow, { name, machine, sizeBytes }: ProgramFile): number {
  const base = baseName(name);
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

function missing(programs: readonly BootProgram[], distribution: Distribution): Notice[] {
  const found = new Set(programs.map((each) => each.kind));
  const lacking = KINDS.filter((row) => !found.has(row.kind));
  const rare = lacking.filter((row) => !COMMON_KINDS.has(row.kind));
  return [
    ...lacking
      .filter((row) => COMMON_KINDS.has(row.kind))
      .map(
        (row): Notice => ({
          // Who has no such machine cannot act on it; who has one is warned when it asks.
          level: row.kind === "efi-arm64" ? "info" : "warn",
          text: `${row.people} cannot be booted: no boot program (${row.served}) was found for them`,
          cure: cureFor(row, distribution),
        }),
      ),
    ...(rare.length === 0
      ? []
      : [
          {
            // Hardly anybody has one; who does is told when it asks.
            level: "debug" as const,
            text: `there is no boot program for ${rare.map((row) => row.people).join(", ")}`,
            cure: `if you have such machines, put ${rare.map((row) => row.served).join(", ")} into boot-media/ipxe/`,
          },
        ]),
  ];
}

/** The exact command where there is one. */
export function cureFor(
  { kind, served }: Pick<KindRow, "kind" | "served">,
  distribution: Distribution,
): string {
  const byHand = `put ${served} into boot-media/ipxe/`;
  const isArm = kind === "efi-arm64";
  switch (distribution) {
    case "debian":
      return "sudo apt-get install ipxe";
    case "debian-12":
      // Its package has none for arm64; that of Debian 13 has.
      return isArm ? `'npm run setup' in a checkout fetches it, or ${byHand}` : "sudo apt-get install ipxe";
    case "fedora":
      return `sudo dnf install ${isArm ? "ipxe-bootimgs-aarch64" : "ipxe-bootimgs-x86"}`;
    case "arch":
      return isArm ? byHand : "sudo pacman -S ipxe";
    case "nixos":
      return isArm
        ? "nix build -o boot-media/ipxe/arm64 nixpkgs#pkgsCross.aarch64-multiplatform.ipxe"
        : "nix build -o boot-media/ipxe/x86 nixpkgs#ipxe";
    case "other":
      return byHand;
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
