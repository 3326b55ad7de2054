/** The small Linux of the lab as a unified kernel image, and on an ISO image. */

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ensureLabFiles } from "../../src/lab/files.ts";
import { kernelParams } from "../../src/lab/image.ts";
import { buildInitramfs } from "../../src/lab/initramfs.ts";
import type { TestImage } from "./boot-images.ts";
import { writeIso } from "./iso-image.ts";
import { addSections } from "./uki.ts";

/** A unified kernel image's bytes. */
export async function buildUki(isa: "x64" | "arm64", stamp: string): Promise<Uint8Array> {
  const { amd64, arm64, efiStub } = await ensureLabFiles();
  const [linux, stub] = isa === "x64" ? [amd64, efiStub.amd64] : [arm64, efiStub.arm64];
  const text = (line: string) => new TextEncoder().encode(line);
  const params = kernelParams({ folder: "", linux, isa, stamp });
  return addSections(await readFile(stub), {
    ".osrel": text(`ID=lab\nVERSION_ID=${stamp}\n`),
    ".cmdline": text(params),
    ".uname": text(linux.version),
    ".linux": await readFile(linux.kernel),
    ".initrd": await buildInitramfs(linux, stamp),
  });
}

/** A folder with the UKI or the ISO image where their builders put them. */
export async function makeBootFileImage(
  scratch: string,
  type: "uki" | "iso",
  isa: "x64" | "arm64",
  stamp: string,
): Promise<TestImage> {
  const folder = join(scratch, stamp);
  const program = await buildUki(isa, stamp);
  await mkdir(folder, { recursive: true });
  if (type === "uki") await writeFile(join(folder, "nixos.efi"), program);
  else await writeIso(join(folder, "iso/nixos.iso"), { program, isa });
  const { amd64, arm64 } = await ensureLabFiles();
  const linux = isa === "x64" ? amd64 : arm64;
  return { folder, stamp, params: kernelParams({ folder, linux, isa, stamp }) };
}
