import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { MAX_ENTRIES } from "../../../src/io/rpi4/bounds.ts";
import { readPart, readTree } from "../../../src/io/rpi4/read-part.ts";
import { ipxe, text } from "../../support/rpi4-files.ts";
import { pipxe, uefiRelease, writeFiles, zipOf } from "../../support/rpi4-parts.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const names = (files: readonly { readonly name: string }[]) => files.map(({ name }) => name);

test("a folder, with its files' names relative to it", async () => {
  const folder = writeFiles(tempFolder(), pipxe());
  const part = await readPart(folder);
  expect(part).toMatchObject({ source: folder, isFile: false });
  expect(names(part.files)).toEqual(Object.keys(pipxe()).sort());
});

test("a folder of links, as nix makes them", async () => {
  const store = writeFiles(tempFolder(), pipxe());
  const result = join(tempFolder(), "result");
  mkdirSync(result);
  symlinkSync(join(store, "RPI_EFI.fd"), join(result, "RPI_EFI.fd"));
  symlinkSync(join(store, "efi"), join(result, "efi"));
  symlinkSync("/nowhere/start4.elf", join(result, "start4.elf"));
  const linked = join(tempFolder(), "link");
  symlinkSync(result, linked);
  expect(names((await readPart(linked)).files)).toEqual([
    "RPI_EFI.fd",
    "efi/boot/autoexec.ipxe",
    "efi/boot/bootaa64.efi",
  ]);
});

test("a folder that links to itself comes to an end", async () => {
  const folder = writeFiles(tempFolder(), { "efi/boot/bootaa64.efi": ipxe("x") });
  symlinkSync(folder, join(folder, "efi", "again"));
  const { files } = await readPart(folder);
  expect(names(files)).toContain("efi/boot/bootaa64.efi");
  expect(files.length).toBeLessThan(10);
});

test("a zip is told by its content, whatever it is called", async () => {
  const path = join(tempFolder(), "download");
  writeFileSync(path, zipOf(uefiRelease()));
  expect(names((await readPart(path)).files)).toContain("RPI_EFI.fd");
});

test("a single file, under its own name or another", async () => {
  const path = join(tempFolder(), "0123-bootaa64.efi");
  writeFileSync(path, ipxe("x"));
  expect(await readPart(path)).toEqual({
    source: path,
    files: [{ name: "0123-bootaa64.efi", bytes: ipxe("x") }],
    isFile: true,
  });
  expect(await readPart(path, { source: "pipxe", name: "bootaa64.efi" })).toMatchObject({
    source: "pipxe",
    files: [{ name: "bootaa64.efi" }],
  });
});

describe("refuses", () => {
  test("what is not there", async () => {
    await expect(readPart("/nowhere/release.zip")).rejects.toThrow(
      "/nowhere/release.zip: it cannot be read; check the path",
    );
  });

  test("a zip that lost its beginning", async () => {
    const path = join(tempFolder(), "release.zip");
    writeFileSync(path, text("404: Not Found"));
    await expect(readPart(path)).rejects.toThrow(`${path}: the zip is damaged, or is none; get it anew`);
  });

  test("a package that is none", async () => {
    const path = join(tempFolder(), "raspi-firmware.deb");
    writeFileSync(path, text("!<arch>\nbut nothing behind it"));
    await expect(readPart(path)).rejects.toThrow(
      "the package cannot be unpacked; unpack it and give the folder",
    );
  });

  test("a folder that is no part but a whole disk", async () => {
    const folder = tempFolder();
    for (let index = 0; index <= MAX_ENTRIES; index++) writeFileSync(join(folder, `${index}`), "");
    await expect(readPart(folder)).rejects.toThrow(
      `more than ${MAX_ENTRIES} files; name the folder that holds the part`,
    );
  });

  test("what is neither a file nor a folder", async () => {
    await expect(readPart("/dev/null")).rejects.toThrow("/dev/null: it is neither a file nor a folder");
  });
});

test("a boot folder is read with all its files but those that begin with a dot", async () => {
  const folder = writeFiles(tempFolder(), {
    ".gitkeep": text(""),
    "config.txt": text("x"),
    "own/thing": text("y"),
  });
  expect([...(await readTree(folder)).keys()]).toEqual(["config.txt", "own/thing"]);
  await expect(readTree(join(folder, "nope"))).rejects.toThrow("'mayfly rpi4 assemble' makes it");
});
