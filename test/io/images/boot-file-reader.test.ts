import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createReaderShare, readImage } from "../../../src/io/images/image-reader.ts";
import { createLimiter } from "../../../src/io/images/limiter.ts";
import { createPromptFiles } from "../../../src/io/images/prompt-files.ts";
import { PLATFORM_BIOS, PLATFORM_EFI } from "../../../src/wire/iso/boot-catalog.ts";
import { isoBytes } from "../../support/iso-bytes.ts";
import { stubProgram } from "../../support/pe-file.ts";
import { addSections } from "../../support/uki.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mayfly-boot-file-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const share = () => createReaderShare(createLimiter(4), createPromptFiles());
const text = (content: string) => new TextEncoder().encode(content);
const UKI = addSections(stubProgram(0xaa64), {
  ".cmdline": text("init=/nix/store/x/init\n quiet\0"),
  ".uname": text("6.12.9"),
  ".linux": text("kernel"),
});
const BOTH = isoBytes({ platforms: [PLATFORM_BIOS, PLATFORM_EFI], names: ["BOOTX64.EFI"] });

function write(name: string, bytes: Uint8Array): string {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
}

describe("a UKI", () => {
  test("tells its processor, its kernel and its parameters", async () => {
    write("nixos.efi", UKI);
    expect(await readImage(folder, share())).toMatchObject({
      type: "complete",
      image: { shape: "uki", kernelParams: "init=/nix/store/x/init quiet" },
      bootFile: { type: "uki", file: "nixos.efi", isas: ["arm64"], bios: false, version: "6.12.9" },
    });
  });

  test("may be the image itself, whatever it is called", async () => {
    const found = await readImage(write("result", UKI), share());
    expect(found).toMatchObject({ bootFile: { file: "result.efi" } });
  });

  test.each([
    ["an EFI program without a kernel", stubProgram(0x8664), "is an EFI program without a kernel in it"],
    ["one that is cut off", UKI.subarray(0, UKI.length - 0x200), "is cut off"],
    ["one that ends within its header", UKI.subarray(0, 0x90), "is no whole EFI program"],
    ["what is none", text("#!/bin/sh"), "is no whole EFI program"],
  ])("is broken if it is %s", async (_name, bytes, reason) => {
    write("nixos.efi", bytes);
    expect(await readImage(folder, share())).toMatchObject({
      type: "broken",
      reason: expect.stringContaining(reason),
    });
  });
});

describe("an ISO image", () => {
  test.each([
    ["both firmwares", BOTH, { isas: ["x86"], bios: true }],
    ["a BIOS", isoBytes({ platforms: [PLATFORM_BIOS] }), { isas: [], bios: true }],
    [
      "UEFI, by the names in its EFI system partition",
      isoBytes({ platforms: [PLATFORM_EFI], fatNames: ["BOOTAA64.EFI", "BOOTX64.EFI"] }),
      { isas: ["arm64", "x86"], bios: false },
    ],
  ])("is for %s", async (_name, bytes, facts) => {
    const found = await readImage(write("nixos.iso", bytes), share());
    expect(found).toMatchObject({ image: { shape: "iso" }, bootFile: { file: "nixos.iso", ...facts } });
  });

  test("that does not tell its processor says nothing of it", async () => {
    const found = await readImage(write("nixos.iso", isoBytes({ platforms: [PLATFORM_EFI] })), share());
    expect(found).toMatchObject({ type: "complete", bootFile: { bios: false } });
    expect(found).not.toHaveProperty("bootFile.isas");
  });

  test.each([
    ["that boots nothing", isoBytes({}), "has no boot catalog"],
    ["that is cut off", BOTH.subarray(0, -2048), "is cut off: it has 51200 bytes of at least 53248"],
  ])("%s is broken", async (_name, bytes, reason) => {
    const found = await readImage(write("nixos.iso", bytes), share());
    expect(found).toMatchObject({ type: "broken", reason: expect.stringContaining(reason) });
  });
});

test("a file that is neither is no image", async () => {
  const path = write("bzImage", text("no kernel"));
  await expect(readImage(path, share())).rejects.toThrow("neither a folder, nor a unified kernel image");
});
