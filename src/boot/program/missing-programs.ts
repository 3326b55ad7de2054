/** What to do about boot programs that were not found, as it is done on this distribution. */

import type { ProgramKind } from "../arch.ts";
import type { Notice } from "../event.ts";
import type { BootProgram } from "./program.ts";
import { COMMON_KINDS, KINDS, type KindRow, servedName } from "./program-kinds.ts";

/** A distribution, as far as it decides how iPXE gets onto the machine. */
export type Distribution = "debian" | "debian-12" | "fedora" | "arch" | "nixos" | "other";

/** A kind of firmware that there is no program for. */
export interface MissingProgram {
  readonly kind: ProgramKind;
  /** Whose program it is, in words: `arm64 UEFI machines`. */
  readonly people: string;
  /** What is told of it alone. */
  readonly text: string;
  readonly cure: string;
}

/** One for each kind of firmware that none of the programs is for. */
export function missingOf(programs: readonly BootProgram[], distribution: Distribution): MissingProgram[] {
  const found = new Set(programs.map((each) => each.kind));
  return KINDS.filter((row) => !found.has(row.kind)).map((row) => ({
    kind: row.kind,
    people: row.people,
    text: `${row.people} cannot be booted: no boot program (${row.served}) was found for them`,
    cure: COMMON_KINDS.has(row.kind) ? cureFor(row, distribution) : byHand(row),
  }));
}

/** What is said of them when the server starts. */
export function missingNotices(missing: readonly MissingProgram[]): Notice[] {
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
