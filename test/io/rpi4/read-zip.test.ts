import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { PartError } from "../../../src/io/rpi4/part-error.ts";
import { readZip } from "../../../src/io/rpi4/read-zip.ts";
import { text } from "../../support/rpi4-files.ts";
import { uefiRelease, zipOf } from "../../support/rpi4-parts.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { type ZipEntry, zipFile } from "../../support/zip-file.ts";

function read(bytes: Uint8Array) {
  const path = join(tempFolder(), "given.zip");
  writeFileSync(path, bytes);
  return readZip(path, "given.zip");
}

const config: ZipEntry = { name: "config.txt", bytes: text("arm_64bit=1\n".repeat(100)) };

test("reads the files of a release, and of the others not even the bytes", async () => {
  const release = uefiRelease();
  const files = await read(zipOf(release));
  expect(new Map(files.map(({ name, bytes }) => [name, bytes]))).toEqual(
    new Map(Object.entries(release).filter(([name]) => name !== "Readme.md")),
  );
});

test("reads stored files, and passes over folders", async () => {
  const files = await read(
    zipFile([
      { name: "efi/", bytes: new Uint8Array(), mode: 0o40755 },
      { ...config, stored: true },
    ]),
  );
  expect(files.map(({ name }) => name)).toEqual(["config.txt"]);
});

describe("refuses, with what to do about it,", () => {
  const whole = zipOf(uefiRelease());
  test.each<[what: string, zip: Uint8Array, message: RegExp]>([
    [
      "a zip that was cut off",
      whole.subarray(0, whole.length - 1000),
      /^given\.zip: the zip is damaged, or is none .*; get it anew$/,
    ],
    [
      "a zip that lacks its middle",
      Uint8Array.from([...whole.subarray(0, 500), ...whole.subarray(1500)]),
      /is damaged/,
    ],
    ["what is no zip", text("<!DOCTYPE html>"), /the zip is damaged, or is none/],
    [
      "a name with ../",
      zipFile([{ ...config, name: "../config.txt" }]),
      /leads out of it .*nothing was unpacked/,
    ],
    ["a name with ../ within", zipFile([{ ...config, name: "a/../../config.txt" }]), /leads out of it/],
    ["an absolute name", zipFile([{ ...config, name: "/etc/config.txt" }]), /leads out of it/],
    ["a name with a drive", zipFile([{ ...config, name: "C:/config.txt" }]), /leads out of it/],
    ["a name with backslashes", zipFile([{ ...config, name: "..\\config.txt" }]), /leads out of it/],
    [
      "a link",
      zipFile([{ name: "config.txt", bytes: text("/etc/shadow"), mode: 0o120777 }]),
      /'config.txt' is a link/,
    ],
    ["a device", zipFile([{ ...config, mode: 0o020666 }]), /neither a file nor a folder/],
    [
      "a name that is there twice",
      zipFile([config, { ...config, bytes: text("arm_64bit=0") }]),
      /'config.txt' is in the zip twice/,
    ],
    [
      "an encrypted file",
      zipFile([{ ...config, claims: { flags: 1 } }]),
      /is encrypted; unpack the zip yourself/,
    ],
    [
      "a file whose checksum is wrong",
      zipFile([{ ...config, claims: { crc: 1 } }]),
      /'config.txt' is damaged: its checksum/,
    ],
    [
      "a file that is longer than it says",
      zipFile([{ ...config, claims: { sizeBytes: 100 } }]),
      /is damaged/,
    ],
    [
      "a file that is shorter than it says",
      zipFile([{ ...config, claims: { sizeBytes: 5000 } }]),
      /is damaged/,
    ],
    [
      "a file that says it is huge",
      zipFile([{ ...config, claims: { sizeBytes: 100 * 1024 * 1024 } }]),
      /more than any file that a Pi boots from/,
    ],
    [
      "files that are too much together",
      zipFile(
        Array.from({ length: 5 }, (_, index) => ({
          name: `overlays/${index}.dtbo`,
          bytes: new Uint8Array(60 * 1024 * 1024),
        })),
      ),
      /more than 268435456 bytes together/,
    ],
    [
      "more files than any part has",
      zipFile(
        Array.from({ length: 5000 }, (_, index) => ({
          name: `${index}`,
          bytes: new Uint8Array(),
          stored: true,
        })),
      ),
      /has 5000 files: it is no part/,
    ],
  ])("%s", async (_what, zip, message) => {
    const error = await read(zip).then(
      () => "it was read",
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(PartError);
    expect((error as Error).message).toMatch(message);
  });
});
