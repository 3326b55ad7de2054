import { mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { ProgramChoice } from "../../src/boot/program/program-choice.ts";
import { findBootPrograms, watchBootPrograms } from "../../src/io/boot-programs.ts";
import { ARM64, peFile, X64 } from "../support/pe-file.ts";
import { tempFolder } from "../support/temp-folder.ts";

test("files are told by their content, through links and one folder deep", async () => {
  const folder = tempFolder();
  mkdirSync(join(folder, "store"));
  writeFileSync(join(folder, "store", "snp.efi"), peFile(ARM64));
  mkdirSync(join(folder, "own"));
  symlinkSync("../store", join(folder, "own", "arm64"));
  writeFileSync(join(folder, "own", "ipxe.efi"), peFile(X64));
  writeFileSync(join(folder, "own", "undionly.kpxe"), "\xeb\x3c");
  writeFileSync(join(folder, "own", "ipxe-x64.efi"), "an HTML page, saved by mistake");
  writeFileSync(join(folder, "own", "snponly.efi"), Uint8Array.of(0x4d, 0x5a));

  const { programs, notices } = await findBootPrograms({
    ownFolder: join(folder, "own"),
    ipxeFolders: [join(folder, "absent")],
    systemFolders: [],
  });
  expect(programs).toEqual([
    {
      name: "undionly.kpxe",
      kind: "bios-x86",
      path: join(folder, "own/undionly.kpxe"),
      sizeBytes: 3,
      driver: "firmware",
    },
    {
      name: "ipxe-x64.efi",
      kind: "efi-x64",
      path: join(folder, "own/ipxe.efi"),
      sizeBytes: 512,
      driver: "native",
    },
    {
      name: "ipxe-arm64.efi",
      kind: "efi-arm64",
      path: join(folder, "store/snp.efi"),
      sizeBytes: 512,
      driver: "firmware",
    },
  ]);
  expect(notices.slice(0, 2).map((notice) => notice.text)).toEqual([
    `${join(folder, "own/ipxe-x64.efi")} is no EFI program: it is not served`,
    `${join(folder, "own/snponly.efi")} is no EFI program: it is not served`,
  ]);
});

test("a program that is put into the media folder is found while the server runs", async () => {
  const folder = tempFolder();
  const own = join(folder, "boot-media", "ipxe");
  mkdirSync(own, { recursive: true });
  const { promise, resolve, reject } = Promise.withResolvers<ProgramChoice>();
  const places = { ownFolder: own, ipxeFolders: [], systemFolders: [] };
  const watcher = await watchBootPrograms(
    places,
    (choice) => choice.programs.length > 0 && resolve(choice),
    reject,
  );
  onTestFinished(() => watcher.close());
  writeFileSync(join(folder, "half"), peFile(ARM64));
  renameSync(join(folder, "half"), join(own, "ipxe-arm64.efi"));
  expect((await promise).programs.map((each) => each.name)).toEqual(["ipxe-arm64.efi"]);
});
