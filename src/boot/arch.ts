/**
 * Client system architectures (DHCP option 93) and what each may be given.
 *
 * A new architecture is one row here and a test.
 *
 * @see RFC 4578 §2.1 as erratum 4624 corrects it; IANA "Processor Architecture Types"
 */

/** Instruction set family: what decides whether a kernel can run on a machine. */
export type Isa = "x86" | "arm32" | "arm64" | "riscv64" | "loong64";

/**
 * A kind of boot program: one file fits every client of the same kind.
 *
 * `bios-x86` also covers 64-bit machines in BIOS mode; `efi-x86` is 32-bit firmware only, which
 * cannot start a 64-bit program (quirk Q8).
 */
export type ProgramKind =
  | "bios-x86"
  | "efi-x86"
  | "efi-x64"
  | "efi-arm32"
  | "efi-arm64"
  | "efi-riscv64"
  | "efi-loong64";

export interface ArchRow {
  /** The number in option 93. */
  readonly arch: number;
  readonly name: string;
  readonly isa: Isa;
  /** Absent for U-Boot, which is a boot program itself: it gets a script. */
  readonly program?: ProgramKind;
  /** How firmware of this architecture fetches its boot program. */
  readonly transport: "tftp" | "http";
}

function row(
  arch: number,
  name: string,
  isa: Isa,
  program: ProgramKind | undefined,
  transport: "tftp" | "http" = "tftp",
): ArchRow {
  return { arch, name, isa, ...(program === undefined ? {} : { program }), transport };
}

/** Every architecture that we know, by its number. */
export const ARCH_ROWS: readonly ArchRow[] = [
  row(0, "x86 BIOS", "x86", "bios-x86"),
  row(6, "x86 UEFI", "x86", "efi-x86"),
  row(7, "x64 UEFI", "x86", "efi-x64"),
  row(8, "Xscale, but sent by x64 UEFI", "x86", "efi-x64"), // Q8
  row(9, "EBC, but sent by x64 UEFI", "x86", "efi-x64"), // erratum 4624
  row(10, "ARM 32-bit UEFI", "arm32", "efi-arm32"),
  row(11, "ARM 64-bit UEFI", "arm64", "efi-arm64"),
  row(15, "x86 UEFI HTTP", "x86", "efi-x86", "http"),
  row(16, "x64 UEFI HTTP", "x86", "efi-x64", "http"),
  row(17, "EBC HTTP, sent by x64 UEFI", "x86", "efi-x64", "http"),
  row(18, "ARM 32-bit UEFI HTTP", "arm32", "efi-arm32", "http"),
  row(19, "ARM 64-bit UEFI HTTP", "arm64", "efi-arm64", "http"),
  row(20, "x86 BIOS HTTP", "x86", "bios-x86", "http"),
  row(21, "ARM 32-bit U-Boot", "arm32", undefined),
  row(22, "ARM 64-bit U-Boot", "arm64", undefined),
  row(23, "ARM 32-bit U-Boot HTTP", "arm32", undefined, "http"),
  row(24, "ARM 64-bit U-Boot HTTP", "arm64", undefined, "http"),
  row(27, "RISC-V 64-bit UEFI", "riscv64", "efi-riscv64"),
  row(28, "RISC-V 64-bit UEFI HTTP", "riscv64", "efi-riscv64", "http"),
  row(39, "LoongArch 64-bit UEFI", "loong64", "efi-loong64"),
  row(40, "LoongArch 64-bit UEFI HTTP", "loong64", "efi-loong64", "http"),
];

const BY_NUMBER: ReadonlyMap<number, ArchRow> = new Map(ARCH_ROWS.map((each) => [each.arch, each]));

/** The row of an option 93 number; `undefined` for one that we have nothing for (2, Itanium, among them). */
export function archRow(arch: number): ArchRow | undefined {
  return BY_NUMBER.get(arch);
}

/** What iPXE calls the machine's instruction set in `${buildarch}`. */
const ISA_BY_BUILDARCH: ReadonlyMap<string, Isa> = new Map([
  ["i386", "x86"],
  ["x86_64", "x86"],
  ["arm32", "arm32"],
  ["arm64", "arm64"],
  ["riscv64", "riscv64"],
  ["loong64", "loong64"],
]);

/** Reads iPXE's `${buildarch}`, or one of our own {@link Isa} names. */
export function parseIsa(text: string): Isa | undefined {
  const lower = text.toLowerCase();
  return ISA_BY_BUILDARCH.get(lower) ?? (lower === "x86" ? "x86" : undefined);
}
