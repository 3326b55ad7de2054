import { expect, test } from "vitest";
import { formatFinding } from "../../../src/boot/doctor/finding.ts";
import { programFindings } from "../../../src/boot/doctor/program-findings.ts";
import type { Generation } from "../../../src/boot/generation.ts";
import type { Host } from "../../../src/boot/host.ts";
import { choosePrograms, type ProgramFile } from "../../../src/boot/program/program-choice.ts";
import type { PiTree } from "../../../src/boot/rpi4/pi-tree.ts";
import { apply } from "../../../src/boot/snapshot.ts";
import { BETA, GENERATION, snapshotOf } from "../../support/worlds.ts";

const X64: readonly ProgramFile[] = [
  { path: "/ipxe/undionly.kpxe", name: "undionly.kpxe", sizeBytes: 1 },
  { path: "/ipxe/snponly.efi", name: "snponly.efi", sizeBytes: 1, machine: 0x8664 },
];
const ARM64: readonly ProgramFile[] = [
  { path: "/own/ipxe-arm64.efi", name: "ipxe-arm64.efi", sizeBytes: 1, machine: 0xaa64 },
];

const imageFor = (isa: "x86" | "arm64" | "riscv64"): Generation => ({
  ...GENERATION,
  kernel: { file: "Image", isa },
});
const PI: Host = { ...BETA, macs: ["dc:a6:32:01:02:03"] };
const treeOf = (...places: readonly string[]): PiTree =>
  new Map(places.map((place) => [place, { path: `/pi/${place}`, sizeBytes: 1, stamp: "1" }]));

interface Scene {
  readonly files: readonly ProgramFile[];
  readonly host?: Host;
  readonly generation?: Generation;
  readonly tree?: PiTree;
}

function found({ files, host = BETA, generation, tree }: Scene): readonly string[] {
  const hosts = snapshotOf([host], ...(generation === undefined ? [] : [generation]));
  const own = new Map(tree === undefined ? [] : [[host.name, tree]]);
  const snapshot = apply(hosts, [{ type: "pi-trees", trees: { shared: new Map(), own } }]);
  return programFindings({ programs: choosePrograms([files], "nixos"), snapshot }).map(formatFinding);
}

const OK =
  "ok       there are boot programs for bios-x86, efi-x64, and none for arm64 UEFI machines [programs]";
const FAULT =
  "fault    host beta needs a boot program for arm64 UEFI machines, and none was found; " +
  "nix build -o boot-media/ipxe/arm64 nixpkgs#pkgsCross.aarch64-multiplatform.ipxe [programs]";

test.each<[why: string, scene: Scene, told: readonly string[]]>([
  ["machines of a kind that no host is are named, and are no trouble", { files: X64 }, [OK]],
  ["an image for x86 needs no program for arm64", { files: X64, generation: imageFor("x86") }, [OK]],
  ["an image for arm64 does", { files: X64, generation: imageFor("arm64") }, [OK, FAULT]],
  [
    "and is content with one",
    { files: [...X64, ...ARM64], generation: imageFor("arm64") },
    ["ok       there are boot programs for bios-x86, efi-x64, efi-arm64 [programs]"],
  ],
  [
    "one that does not tell is given the benefit of the doubt",
    { files: X64, generation: { ...GENERATION, kernel: { file: "Image" } } },
    [OK],
  ],
  [
    "an image that UEFI starts as it is needs none",
    {
      files: X64,
      generation: {
        ...GENERATION,
        bootFile: { type: "uki", file: "a.efi", isas: ["arm64"], bios: false },
      },
    },
    [OK],
  ],
  [
    "a host that is said to be a Raspberry Pi needs one before it has an image",
    { files: X64, host: { ...BETA, rpi4: {} } },
    [OK, FAULT],
  ],
  [
    "a Raspberry Pi whose EEPROM fetches the image needs none",
    { files: X64, host: PI, generation: imageFor("arm64") },
    [OK],
  ],
  [
    "one that boots by UEFI does",
    { files: X64, host: { ...PI, rpi4: { boot: "uefi" } }, generation: imageFor("arm64") },
    [OK, FAULT],
  ],
  [
    "unless it has one in its own folder",
    { files: X64, host: PI, tree: treeOf("RPI_EFI.fd", "efi/boot/bootaa64.efi") },
    [OK],
  ],
  ["one whose folder lacks it does", { files: X64, host: PI, tree: treeOf("RPI_EFI.fd") }, [OK, FAULT]],
  [
    "a kind of firmware that hardly anybody has is not named, but missed where an image is for it",
    { files: [...X64, ...ARM64], generation: imageFor("riscv64") },
    [
      "ok       there are boot programs for bios-x86, efi-x64, efi-arm64 [programs]",
      "fault    host beta needs a boot program for RISC-V UEFI, and none was found; put ipxe-riscv64.efi into boot-media/ipxe/ [programs]",
    ],
  ],
  [
    "x86 machines may be of either kind, and the one that is missing is told of",
    { files: X64.slice(1), generation: imageFor("x86") },
    [
      "ok       there are boot programs for efi-x64, and none for BIOS machines, arm64 UEFI machines [programs]",
      "warning  BIOS machines cannot be booted: no boot program (undionly.kpxe) was found for them; nix build -o boot-media/ipxe/x86 nixpkgs#ipxe [programs]",
    ],
  ],
  [
    "with neither of them no host for x86 boots",
    { files: ARM64, generation: imageFor("x86") },
    [
      "ok       there are boot programs for efi-arm64, and none for BIOS machines, x64 UEFI machines [programs]",
      "fault    host beta needs a boot program for BIOS machines or x64 UEFI machines, and none was found; nix build -o boot-media/ipxe/x86 nixpkgs#ipxe [programs]",
    ],
  ],
])("%s", (_, scene, told) => {
  expect(found(scene)).toEqual(told);
});

test("hosts that need the same are named together", () => {
  const hosts = ["one", "two"].map((name) => ({ ...BETA, name, macs: [] }));
  const snapshot = snapshotOf(hosts, imageFor("arm64"));
  const findings = programFindings({ programs: choosePrograms([X64], "other"), snapshot });
  expect(findings.map(({ text }) => text)).toContain(
    "hosts one, two need a boot program for arm64 UEFI machines, and none was found",
  );
});
