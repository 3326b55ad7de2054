/** A Debian package as a part, made by Debian's own tool. */

import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { recognisePart } from "../../src/boot/rpi4/part.ts";
import { readPart } from "../../src/io/rpi4/read-part.ts";
import { findTool } from "../../src/io/system/packages.ts";
import { raspiFirmware, writeFiles } from "../support/rpi4-parts.ts";
import { tempFolder } from "../support/temp-folder.ts";

const run = promisify(execFile);
const CONTROL = `Package: raspi-firmware
Version: 1
Architecture: all
Maintainer: nobody <nobody@example.org>
Description: made up
`;

// Only Debian and its kin have it, and their packages.
test.skipIf(findTool("dpkg-deb") === undefined)("raspi-firmware as a package is firmware", async () => {
  const folder = writeFiles(join(tempFolder(), "package"), raspiFirmware());
  writeFiles(folder, { "DEBIAN/control": new TextEncoder().encode(CONTROL) });
  const path = join(tempFolder(), "raspi-firmware_1_all.deb");
  await run("dpkg-deb", ["--root-owner-group", "--build", folder, path]);
  const recognised = recognisePart(await readPart(path));
  expect(recognised).toMatchObject({ type: "part", part: { kind: "firmware", source: path } });
  const places = recognised.type === "part" ? recognised.part.files.map(({ place }) => place) : [];
  expect(places.sort()).toEqual(["fixup4.dat", "overlays/pi4-spidev.dtbo", "start4.elf"]);

  writeFileSync(path, readFileSync(path).subarray(0, 500));
  await expect(readPart(path)).rejects.toThrow(
    "the package cannot be unpacked; unpack it and give the folder",
  );
});
