/** Makes ISO images that UEFI boots, with the tools that distributions make theirs with. */

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { runTool } from "../../src/io/system/run-tool.ts";

const MIB = 1024 * 1024;

export interface IsoOptions {
  /** What UEFI is to start. */
  readonly program: Uint8Array;
  readonly isa: "x64" | "arm64";
  /** Whether `EFI/BOOT` is on the disc too, as nixpkgs has it, or in the EFI system partition alone. */
  readonly hasFolder?: boolean;
  /** What else is on the disc, by path. */
  readonly contents?: Readonly<Record<string, Uint8Array | string>>;
}

/** Writes an image whose EFI system partition holds the program. */
export async function writeIso(
  path: string,
  { program, isa, hasFolder = false, contents = {} }: IsoOptions,
): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), "mayfly-iso-"));
  const name = isa === "x64" ? "BOOTX64.EFI" : "BOOTAA64.EFI";
  try {
    const tree = join(work, "tree");
    await mkdir(join(tree, "EFI/BOOT"), { recursive: true });
    const file = join(hasFolder ? join(tree, "EFI/BOOT") : work, name);
    await writeFile(file, program);
    for (const [name, content] of Object.entries(contents)) {
      await mkdir(dirname(join(tree, name)), { recursive: true });
      await writeFile(join(tree, name), content);
    }
    const partition = join(tree, "efi.img");
    await writeFile(partition, new Uint8Array(Math.ceil(program.length / MIB + 2) * MIB));
    await runTool("mformat", ["-i", partition, "::"]);
    await runTool("mmd", ["-i", partition, "::/EFI", "::/EFI/BOOT"]);
    await runTool("mcopy", ["-i", partition, file, "::/EFI/BOOT/"]);
    await mkdir(dirname(path), { recursive: true });
    const boot = ["-e", "efi.img", "-no-emul-boot"];
    await runTool("xorriso", ["-as", "mkisofs", "-quiet", "-o", path, "-V", "LAB", "-R", ...boot, tree]);
  } finally {
    await rm(work, { recursive: true });
  }
}
