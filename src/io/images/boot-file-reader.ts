/** Reads what a UKI or an ISO image tells of itself: for which firmware and processors it is, and whether it is whole. */

import type { Isa } from "../../boot/arch.ts";
import type { BootFile } from "../../boot/generation.ts";
import { WireError } from "../../wire/error.ts";
import { decodeBootCatalog, PLATFORM_BIOS, PLATFORM_EFI } from "../../wire/iso/boot-catalog.ts";
import { isaOfEfiName, isasInFat } from "../../wire/iso/efi-name.ts";
import { decodeVolume, FIRST_DESCRIPTOR, type IsoVolume, SECTOR_BYTES } from "../../wire/iso/volume.ts";
import { decodeKernelHeader, KERNEL_HEADER_BYTES } from "../../wire/linux/kernel-header.ts";
import { decodePeSections, type PeSection } from "../../wire/pe/sections.ts";
import { type DiscLinux, findOnDisc, listDiscFolder, readDiscLinux } from "./disc-reader.ts";
import { readRange } from "./quick-fs.ts";
import type { FoundFile } from "./shared-file.ts";

export type BootFileReading =
  | {
      readonly type: "boot-file";
      readonly bootFile: BootFile;
      readonly kernelParams: string;
      /** An ISO image's Linux, where that can be started without the disc. */
      readonly linux?: DiscLinux;
    }
  | { readonly type: "broken"; readonly reason: string };

/** More descriptors than any disc has. */
const DESCRIPTORS = 16;
/** How much of an EFI system partition is looked through for the names of its programs. */
const FAT_BYTES = 1024 * 1024;
/** COMMAND_LINE_SIZE of x86 and arm64. */
const COMMAND_LINE_BYTES = 2048;
const RELEASE_BYTES = 256;

/**
 * @param name - its name in the image
 * @throws what the file system throws
 */
export async function readBootFile(
  type: "uki" | "iso",
  name: string,
  found: FoundFile,
): Promise<BootFileReading> {
  const { path, stamp } = found;
  const source = { name, path, sizeBytes: stamp.sizeBytes, found };
  try {
    return await (type === "uki" ? readUki(source) : readIso(source));
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    const what = type === "uki" ? "EFI program" : "ISO image";
    return broken(`${name} is no whole ${what}: ${error.message}; copy it again`);
  }
}

interface Source {
  readonly name: string;
  readonly path: string;
  readonly sizeBytes: number;
  readonly found: FoundFile;
}

async function readUki({ name, path, sizeBytes }: Source): Promise<BootFileReading> {
  const head = await readRange(path, 0, Math.min(sizeBytes, KERNEL_HEADER_BYTES));
  const header = decodeKernelHeader(head);
  const sections = new Map(decodePeSections(head).map((section) => [section.name, section]));
  if (header?.leastBytes !== undefined && sizeBytes < header.leastBytes)
    return cutOff(name, sizeBytes, header.leastBytes);
  if (!sections.has(".linux")) {
    return broken(
      `${name} is an EFI program without a kernel in it: build a unified kernel image ` +
        "(config.system.build.uki), or put a kernel and an initrd here",
    );
  }
  const text = (section: PeSection | undefined, atMost: number) => sectionText(path, section, atMost);
  const version = await text(sections.get(".uname"), RELEASE_BYTES);
  return {
    type: "boot-file",
    bootFile: {
      type: "uki",
      file: name,
      ...(header?.isa === undefined ? {} : { isas: [header.isa] }),
      bios: false,
      ...(version === "" ? {} : { version }),
    },
    kernelParams: await text(sections.get(".cmdline"), COMMAND_LINE_BYTES),
  };
}

/** One line, without what ends it. */
async function sectionText(path: string, section: PeSection | undefined, atMost: number): Promise<string> {
  if (section === undefined) return "";
  const bytes = await readRange(path, section.offset, Math.min(section.sizeBytes, atMost));
  return new TextDecoder()
    .decode(bytes)
    .replace(/\0[\s\S]*$/, "")
    .trim()
    .replaceAll(/\s*[\r\n]+\s*/g, " ");
}

async function readIso({ name, path, sizeBytes, found }: Source): Promise<BootFileReading> {
  const head = await readRange(path, FIRST_DESCRIPTOR * SECTOR_BYTES, DESCRIPTORS * SECTOR_BYTES);
  const volume = decodeVolume(head);
  if (sizeBytes < volume.leastBytes) return cutOff(name, sizeBytes, volume.leastBytes);
  const catalog = await bootEntries(path, volume);
  const isEfi = catalog.some(({ platform }) => platform === PLATFORM_EFI);
  const bios = catalog.some(({ platform }) => platform === PLATFORM_BIOS);
  if (!isEfi && !bios) return broken(`${name} is a disc that nothing boots from: it has no boot catalog`);
  const isas = isEfi ? await efiIsas(path, volume, catalog) : [];
  const bootFile = { type: "iso", file: name, ...(isas === undefined ? {} : { isas }), bios } as const;
  const linux = await readDiscLinux(name, found, volume);
  if (typeof linux === "string")
    return { type: "boot-file", bootFile: { ...bootFile, needsDrive: linux }, kernelParams: "" };
  if (linux === undefined) return { type: "boot-file", bootFile, kernelParams: "" };
  return { type: "boot-file", bootFile, kernelParams: linux.kernelParams, linux };
}

async function bootEntries(path: string, { bootCatalog }: IsoVolume): Promise<BootEntries> {
  if (bootCatalog === undefined) return [];
  return decodeBootCatalog(await readRange(path, bootCatalog * SECTOR_BYTES, SECTOR_BYTES));
}

type BootEntries = ReturnType<typeof decodeBootCatalog>;

/**
 * For which processors: by the programs in `EFI/BOOT`, which builders put beside the EFI system
 * partition too, else by the names in that.
 */
async function efiIsas(
  path: string,
  { root }: IsoVolume,
  catalog: BootEntries,
): Promise<readonly Isa[] | undefined> {
  const boot = await findOnDisc(path, root, "EFI/BOOT");
  const names = boot?.isFolder ? (await listDiscFolder(path, boot.extent)).map(({ name }) => name) : [];
  const found = new Set(names.map(isaOfEfiName).filter((isa) => isa !== undefined));
  for (const { platform, sector } of catalog) {
    if (platform !== PLATFORM_EFI || found.size > 0) continue;
    for (const isa of isasInFat(await readRange(path, sector * SECTOR_BYTES, FAT_BYTES))) found.add(isa);
  }
  return found.size === 0 ? undefined : [...found].sort();
}

function cutOff(name: string, sizeBytes: number, leastBytes: number): BootFileReading {
  return broken(`${name} is cut off: it has ${sizeBytes} bytes of at least ${leastBytes}; copy it again`);
}

function broken(reason: string): BootFileReading {
  return { type: "broken", reason };
}
