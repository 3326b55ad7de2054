import { describe, expect, test } from "vitest";
import { type GivenPart, type Part, recognisePart } from "../../../src/boot/rpi4/part.ts";
import { peFile, X64 } from "../../support/pe-file.ts";
import {
  deviceTree,
  fixup,
  gpuProgram,
  ipxe,
  NEW_FIRMWARE_BYTES,
  text,
  uefiFirmware,
} from "../../support/rpi4-files.ts";
import {
  type Files,
  given,
  givenFile,
  overlays,
  pipxe,
  raspiFirmware,
  uefiRelease,
} from "../../support/rpi4-parts.ts";

function recognised(part: GivenPart): Part {
  const answer = recognisePart(part);
  if (answer.type === "refused") throw new Error(answer.reason);
  return answer.part;
}

function refused(part: GivenPart): string {
  const answer = recognisePart(part);
  return answer.type === "refused" ? answer.reason : `taken as ${answer.part.kind}`;
}

function below(folder: string, files: Files): Files {
  return Object.fromEntries(Object.entries(files).map(([name, bytes]) => [`${folder}/${name}`, bytes]));
}

describe("a folder or zip is told by what it holds", () => {
  test.each<[kind: string, files: Files]>([
    ["uefi-release", uefiRelease()],
    ["uefi-release", uefiRelease(NEW_FIRMWARE_BYTES)],
    ["pipxe", pipxe()],
    ["firmware", raspiFirmware()],
    ["overlays", overlays()],
    ["ipxe", { "ipxe-arm64.efi": ipxe("debian") }],
    ["tree", { ...uefiRelease(), "efi/boot/bootaa64.efi": ipxe("x") }],
  ])("%s", (kind, files) => {
    expect(recognised(given("part", files)).kind).toBe(kind);
    expect(recognised(given("part", below("any/name", files))).kind).toBe(kind);
  });

  test("with its files at the same places, however deep it lies", () => {
    const places = (files: Files) =>
      recognised(given("part", files))
        .files.map(({ place }) => place)
        .sort();
    expect(places(below("RPi4_UEFI_Firmware_v1.34", uefiRelease()))).toEqual(places(uefiRelease()));
    expect(places(below("boot/overlays", overlays()))).toEqual(
      Object.keys(overlays())
        .map((name) => `overlays/${name}`)
        .sort(),
    );
  });

  test("of Debian's firmware only what a Pi 4 boots from under UEFI", () => {
    expect(recognised(given("part", raspiFirmware())).files.map(({ place }) => place)).toEqual([
      "start4.elf",
      "fixup4.dat",
      "overlays/pi4-spidev.dtbo",
    ]);
  });

  test("pipxe's autoexec.ipxe is left out, since the server makes its own", () => {
    const { files, leftOut } = recognised(given("part", pipxe()));
    expect(leftOut).toEqual([{ name: "efi/boot/autoexec.ipxe", reason: "the server makes its own" }]);
    expect(files.map(({ place }) => place)).not.toContain("efi/boot/autoexec.ipxe");
  });

  test("of several iPXE programs the one that uses the firmware's network driver (C5)", () => {
    const part = given("part", {
      "ipxe-amd64.efi": peFile(X64),
      "ipxe-arm64.efi": ipxe("native"),
      "arm64/snponly.efi": ipxe("snponly"),
    });
    expect(recognised(part).files).toEqual([{ place: "efi/boot/bootaa64.efi", bytes: ipxe("snponly") }]);
  });

  test("names that differ in case from those a Pi asks for are put right", () => {
    const { "RPI_EFI.fd": firmware = new Uint8Array(), ...others } = uefiRelease();
    const part = recognised(
      given("part", { ...others, "rpi_efi.FD": firmware, "Overlays/Disable-BT.DTBO": deviceTree("x") }),
    );
    const places = part.files.map(({ place }) => place);
    expect(places).toContain("RPI_EFI.fd");
    expect(places).toContain("overlays/disable-bt.dtbo");
  });

  test("two names that differ in case only are refused: which one counts is not for us to say", () => {
    const files = { ...uefiRelease(), "CONFIG.TXT": text("arm_64bit=1") };
    expect(refused(given("zip", files))).toBe(
      "zip: 'config.txt' and 'CONFIG.TXT' are one file to a Pi; remove one of them",
    );
  });

  test("an EEPROM update never gets into the folder by accident (B1)", () => {
    const { files, leftOut } = recognised(
      given("part", { ...uefiRelease(), "pieeprom.upd": text("x"), "recovery.elf": text("x") }),
    );
    expect(leftOut.map(({ name }) => name)).toEqual(["pieeprom.upd", "recovery.elf"]);
    expect(files.filter(({ place }) => /pieeprom|recovery/.test(place))).toEqual([]);
  });
});

describe("a single file is told by its content, whatever it is called", () => {
  test.each<[place: string, bytes: Uint8Array]>([
    ["RPI_EFI.fd", uefiFirmware(NEW_FIRMWARE_BYTES, "x")],
    ["start4.elf", gpuProgram(0x4000)],
    ["fixup4.dat", fixup(0x4000)],
    ["efi/boot/bootaa64.efi", ipxe("x")],
    ["config.txt", text("arm_64bit=1\n")],
  ])("%s", (place, bytes) => {
    expect(recognised(givenFile("download.bin", bytes)).files).toEqual([{ place, bytes }]);
  });

  test("device trees are told apart by name, having one content", () => {
    const place = (name: string) => recognised(givenFile(name, deviceTree("x"))).files[0]?.place;
    expect(place("disable-bt.dtbo")).toBe("overlays/disable-bt.dtbo");
    expect(place("overlay_map.dtb")).toBe("overlays/overlay_map.dtb");
    expect(place("bcm2711-rpi-4-b.dtb")).toBe("bcm2711-rpi-4-b.dtb");
  });

  test.each<[why: string, name: string, bytes: Uint8Array, reason: string]>([
    ["iPXE for x64", "ipxe.efi", peFile(X64), "the file is none of the parts"],
    ["a web page", "RPI_EFI.fd", text("<!DOCTYPE html>"), "the file is none of the parts"],
    [
      "a program for another processor",
      "start4.elf",
      gpuProgram(0x4000, 3, 40),
      "the file is none of the parts",
    ],
    ["an EEPROM update", "pieeprom.upd", text("x"), "it would write the Pi's EEPROM"],
  ])("%s is refused", (_why, name, bytes, reason) => {
    expect(refused(givenFile(name, bytes))).toContain(reason);
  });

  test("an empty file is refused", () => {
    expect(refused({ source: "x.fd", files: [], isFile: true })).toBe("x.fd: the file is empty");
  });
});

describe("what is no part is refused with what it is", () => {
  test("some other folder", () => {
    expect(refused(given("photos", { "a.jpg": text("x"), "b.jpg": text("y") }))).toMatch(
      /^photos: read 'a.jpg', 'b.jpg', want the UEFI release zip of pftf\/RPi4/,
    );
  });

  test("an empty folder", () => {
    expect(refused(given("empty", {}))).toContain("read nothing that a Pi boots from");
  });

  test("a release whose firmware is damaged, rather than taken for firmware without UEFI", () => {
    const files = { ...uefiRelease(), "RPI_EFI.fd": text("404: Not Found") };
    expect(refused(given("release", files))).toBe("release: 'RPI_EFI.fd' is no UEFI firmware; get it anew");
  });

  test("pipxe for a Raspberry Pi 3", () => {
    const { "RPI_EFI.fd": firmware = new Uint8Array() } = pipxe();
    expect(refused(given("pi3", { "RPI_EFI.fd": firmware, "bootcode.bin": text("x") }))).toBe(
      "pi3: it is made for a Raspberry Pi 3; get the one for the Pi 4",
    );
  });
});
