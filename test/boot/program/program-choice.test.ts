import { describe, expect, test } from "vitest";
import { parseDistribution } from "../../../src/boot/program/missing-programs.ts";
import { choosePrograms, mayBeProgram, type ProgramFile } from "../../../src/boot/program/program-choice.ts";

const X64 = 0x8664;
const ARM64 = 0xaa64;

function file(name: string, machine?: number, folder = "/usr/lib/ipxe"): ProgramFile {
  return { path: `${folder}/${name}`, name, sizeBytes: 1000, ...(machine === undefined ? {} : { machine }) };
}

/** What is served, as `served name: file`. */
function all(...folders: ProgramFile[][]): string[] {
  return choosePrograms(folders, "other").programs.map((each) => `${each.name}: ${each.path}`);
}

/** The best of each kind. */
function served(...folders: ProgramFile[][]): string[] {
  const { programs } = choosePrograms(folders, "other");
  const kinds = [...new Set(programs.map((each) => each.kind))];
  return kinds.flatMap((kind) => {
    const best = programs.find((each) => each.kind === kind);
    return best === undefined ? [] : [`${best.name}: ${best.path}`];
  });
}

describe("what each distribution has", () => {
  test("Debian 12: undionly for BIOS, snponly for x64, nothing for arm64", () => {
    const files = [
      file("ipxe.efi", X64),
      file("snponly.efi", X64),
      file("undionly.kkpxe"),
      file("undionly.kpxe"),
    ];
    expect(served(files)).toEqual([
      "undionly.kpxe: /usr/lib/ipxe/undionly.kpxe",
      "ipxe-x64.efi: /usr/lib/ipxe/snponly.efi",
    ]);
  });

  test("Debian 13: its own program for arm64, RISC-V and LoongArch (B3)", () => {
    const files = [
      file("ipxe-amd64.efi", X64),
      file("ipxe-arm64.efi", ARM64),
      file("ipxe-loong64.efi", 0x6264),
      file("ipxe-riscv64.efi", 0x5064),
      file("ipxe.efi", X64),
      file("snponly.efi", X64),
      file("undionly.kpxe"),
    ];
    expect(served(files)).toEqual([
      "undionly.kpxe: /usr/lib/ipxe/undionly.kpxe",
      "ipxe-x64.efi: /usr/lib/ipxe/snponly.efi",
      "ipxe-arm64.efi: /usr/lib/ipxe/ipxe-arm64.efi",
      "ipxe-riscv64.efi: /usr/lib/ipxe/ipxe-riscv64.efi",
      "ipxe-loong64.efi: /usr/lib/ipxe/ipxe-loong64.efi",
    ]);
  });

  test("Fedora: snponly for both, the arm64 one in a folder of its own (C5)", () => {
    const files = [
      file("arm64-efi/ipxe.efi", ARM64),
      file("arm64-efi/snponly.efi", ARM64),
      file("ipxe-i386.efi", 0x14c),
      file("ipxe-snponly-x86_64.efi", X64),
      file("ipxe-x86_64.efi", X64),
      file("undionly.kpxe"),
    ];
    expect(served(files)).toEqual([
      "undionly.kpxe: /usr/lib/ipxe/undionly.kpxe",
      "ipxe-x64.efi: /usr/lib/ipxe/ipxe-snponly-x86_64.efi",
      "ipxe-arm64.efi: /usr/lib/ipxe/arm64-efi/snponly.efi",
      "ipxe-x86.efi: /usr/lib/ipxe/ipxe-i386.efi",
    ]);
  });

  test("Arch: ipxe.pxe for BIOS where there is no undionly, ipxe.efi for x64", () => {
    expect(served([file("ipxe.pxe"), file("x86_64/ipxe.efi", X64)])).toEqual([
      "undionly.kpxe: /usr/lib/ipxe/ipxe.pxe",
      "ipxe-x64.efi: /usr/lib/ipxe/x86_64/ipxe.efi",
    ]);
  });

  test("NixOS: two packages linked side by side, told apart by what they are built for", () => {
    const files = [
      file("arm/snp.efi", ARM64),
      file("pc/ipxe.efi", X64),
      file("pc/snp.efi", X64),
      file("pc/undionly.kpxe"),
    ];
    expect(served(files)).toEqual([
      "undionly.kpxe: /usr/lib/ipxe/pc/undionly.kpxe",
      "ipxe-x64.efi: /usr/lib/ipxe/pc/snp.efi",
      "ipxe-arm64.efi: /usr/lib/ipxe/arm/snp.efi",
    ]);
  });
});

test("an earlier folder wins whatever the names are", () => {
  const own = [file("ipxe.efi", X64, "/media/ipxe")];
  expect(served(own, [file("snponly.efi", X64)])).toEqual(["ipxe-x64.efi: /media/ipxe/ipxe.efi"]);
});

test("a file of the served name wins within its folder: so is a Realtek card served that snponly hangs on (I12)", () => {
  const own = [file("ipxe-x64.efi", X64, "/media/ipxe"), file("snponly.efi", X64, "/media/ipxe")];
  expect(served(own)).toEqual(["ipxe-x64.efi: /media/ipxe/ipxe-x64.efi"]);
});

describe("the one with the other driver is served too, for cards on which the best one dies (I12)", () => {
  test("with drivers of its own, beside the one that keeps the firmware's", () => {
    const files = [
      file("ipxe.efi", X64),
      file("ipxe.pxe"),
      file("snponly.efi", X64),
      file("undionly.kkpxe"),
      file("undionly.kpxe"),
    ];
    expect(all(files)).toEqual([
      "undionly.kpxe: /usr/lib/ipxe/undionly.kpxe",
      "ipxe-x64.efi: /usr/lib/ipxe/snponly.efi",
      "ipxe.pxe: /usr/lib/ipxe/ipxe.pxe",
      "ipxe-x64-native.efi: /usr/lib/ipxe/ipxe.efi",
    ]);
    expect(choosePrograms([files], "other").programs.map(({ driver }) => driver)).toEqual([
      "firmware",
      "firmware",
      "native",
      "native",
    ]);
  });

  test("the other way round, where the operator prefers the native one", () => {
    const own = [file("ipxe.efi", X64, "/media/ipxe")];
    expect(all(own, [file("ipxe.efi", X64), file("snponly.efi", X64)])).toEqual([
      "ipxe-x64.efi: /media/ipxe/ipxe.efi",
      "ipxe-x64-firmware.efi: /usr/lib/ipxe/snponly.efi",
    ]);
  });

  test("beside the operator's own file, of which only he knows the driver", () => {
    const own = [file("ipxe-x64.efi", X64, "/media/ipxe")];
    expect(all(own, [file("snponly.efi", X64)])).toEqual([
      "ipxe-x64.efi: /media/ipxe/ipxe-x64.efi",
      "ipxe-x64-firmware.efi: /usr/lib/ipxe/snponly.efi",
    ]);
  });

  test("not where there is only one", () => {
    expect(all([file("snp.efi", X64), file("snponly.efi", X64)])).toEqual([
      "ipxe-x64.efi: /usr/lib/ipxe/snponly.efi",
    ]);
  });
});

test("a file of any other name is served under it: a signed shim and what it loads (Q15)", () => {
  const own = (name: string) => file(name, X64, "/media/ipxe");
  const files = [own("shimx64.efi"), own("ipxe.efi"), own("ipxe-tg3.efi"), file("pxelinux.0")];
  expect(all(files)).toEqual([
    "ipxe-x64.efi: /media/ipxe/ipxe.efi",
    "shimx64.efi: /media/ipxe/shimx64.efi",
    "ipxe-tg3.efi: /media/ipxe/ipxe-tg3.efi",
  ]);
});

test("iPXE's own shim is not taken for iPXE, though its name begins so (Q15)", () => {
  const files = [file("ipxe-shim.efi", X64), file("snponly-shim.efi", X64), file("snponly.efi", X64)];
  expect(all(files)).toEqual([
    "ipxe-x64.efi: /usr/lib/ipxe/snponly.efi",
    "ipxe-shim.efi: /usr/lib/ipxe/ipxe-shim.efi",
    "snponly-shim.efi: /usr/lib/ipxe/snponly-shim.efi",
  ]);
});

test("an empty file is none", () => {
  expect(served([{ ...file("undionly.kpxe"), sizeBytes: 0 }])).toEqual([]);
});

describe("a file that is not what its name says is refused, and it is said", () => {
  test.each<[file: ProgramFile, text: string]>([
    [
      file("ipxe-arm64.efi", X64),
      "/usr/lib/ipxe/ipxe-arm64.efi is not what its name says: it is built for efi-x64",
    ],
    [
      file("x86_64/snponly.efi", ARM64),
      "/usr/lib/ipxe/x86_64/snponly.efi is not what its name says: it is built for efi-arm64",
    ],
    [
      file("ipxe-x64.efi", 0x200),
      "/usr/lib/ipxe/ipxe-x64.efi is not what its name says: it is built for machine type 0x200",
    ],
    [file("snponly.efi"), "/usr/lib/ipxe/snponly.efi is no EFI program: it is not served"],
    [
      file("undionly.kpxe", X64),
      "/usr/lib/ipxe/undionly.kpxe is an EFI program, no BIOS one: it is not served",
    ],
  ])("%o", (refused, text) => {
    const { programs, notices } = choosePrograms([[refused]], "other");
    expect(programs).toEqual([]);
    expect(notices[0]).toMatchObject({ level: "warn", text });
  });
});

describe("what cannot be served to whom is said with the command that mends it", () => {
  test.each([
    ["debian", "sudo apt-get install ipxe", "sudo apt-get install ipxe"],
    [
      "debian-12",
      "sudo apt-get install ipxe",
      "'npm run setup' in a checkout fetches it, or put ipxe-arm64.efi into boot-media/ipxe/",
    ],
    ["fedora", "sudo dnf install ipxe-bootimgs-x86", "sudo dnf install ipxe-bootimgs-aarch64"],
    ["arch", "sudo pacman -S ipxe", "put ipxe-arm64.efi into boot-media/ipxe/"],
    [
      "nixos",
      "nix build -o boot-media/ipxe/x86 nixpkgs#ipxe",
      "nix build -o boot-media/ipxe/arm64 nixpkgs#pkgsCross.aarch64-multiplatform.ipxe",
    ],
    ["other", "put ipxe-x64.efi into boot-media/ipxe/", "put ipxe-arm64.efi into boot-media/ipxe/"],
  ] as const)("on %s", (distribution, x64Cure, arm64Cure) => {
    const { notices } = choosePrograms([[]], distribution);
    expect(notices[1]).toEqual({
      level: "warn",
      text: "x64 UEFI machines cannot be booted: no boot program (ipxe-x64.efi) was found for them",
      cure: x64Cure,
    });
    expect(notices[2]?.cure).toBe(arm64Cure);
  });

  test("machines that are rare share one line, at a level that nobody sees unasked", () => {
    const notices = choosePrograms([[]], "other").notices.filter((notice) => notice.level === "debug");
    expect(notices.map((notice) => notice.text)).toEqual([
      "there is no boot program for 32-bit x86 UEFI, 32-bit ARM UEFI, RISC-V UEFI, LoongArch UEFI",
    ]);
  });
});

test.each([
  ['ID=debian\nVERSION_ID="12"\n', "debian-12"],
  ['PRETTY_NAME="x"\nID=debian\nVERSION_ID="13"\n', "debian"],
  ["ID=debian\n", "debian"],
  ["ID=ubuntu\nID_LIKE=debian\n", "debian-12"],
  ["ID=fedora\n", "fedora"],
  ['ID="rocky"\nID_LIKE="rhel centos fedora"\n', "fedora"],
  ["ID=arch\n", "arch"],
  ["ID=nixos\n", "nixos"],
  ["", "other"],
])("parseDistribution(%j) is %s", (text, distribution) => {
  expect(parseDistribution(text)).toBe(distribution);
});

test.each([
  ["snponly.efi", true],
  ["ipxe-arm64.efi", true],
  ["undionly.kpxe", true],
  ["ipxe.iso", false],
  ["ipxe.lkrn", false],
  ["grubx64.efi", false],
  ["vmlinuz", false],
])("mayBeProgram(%j) is %j", (name, isOne) => {
  expect(mayBeProgram(name)).toBe(isOne);
});
