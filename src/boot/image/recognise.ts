/**
 * Tells what a folder is: which builder's image, with which kernel, initrds and parameters, or what it lacks.
 *
 * It sees names, sizes and a few small texts, and no file system.
 *
 * @see docs/booting.md, "Images"
 */

import type { ImageShape } from "../generation.ts";
import { readKexecScript } from "./kexec-script.ts";
import { type NetbootScript, readNetbootScript, readVariables } from "./netboot-script.ts";

/** A folder as it was found, links followed. */
export interface ImageFolder {
  /** What can be read, by relative path with `/`, with its size in bytes. */
  readonly files: ReadonlyMap<string, number>;
  /** What is there and cannot be read, with the reason as a clause: `links to /x, which is not there`. */
  readonly unreadable: ReadonlyMap<string, string>;
  /** The contents of those files that {@link wantedTexts} asks for. */
  readonly texts: ReadonlyMap<string, string>;
  /** Where the link `init` points; absent when there is none, or it is a file. */
  readonly initTarget?: string;
}

export type Recognition = CompleteImage | { readonly type: "incomplete"; readonly reason: string };

export interface CompleteImage {
  readonly type: "complete";
  readonly shape: ImageShape;
  readonly kernel?: string;
  readonly initrds: readonly string[];
  readonly kernelParams: string;
  readonly ownScript?: string;
  /** As in {@link import("../generation.ts").Generation.lacksInitrdName}. */
  readonly lacksInitrdName?: true;
  /** Of the shapes `uki` and `iso`: the file that is the whole image. */
  readonly bootFile?: string;
}

/** Thrown within this module only: what the folder lacks, as a sentence. */
class Lacks extends Error {}

const RELEASE_SCRIPT = /^netboot-[^/]+\.ipxe$/;

const TEXTS = ["netboot.ipxe", "variables.ipxe", "kernel-params", "cmdline", "kexec-boot", "run"];

function isText(name: string): boolean {
  return TEXTS.includes(name) || RELEASE_SCRIPT.test(name);
}

/** Which files' contents {@link recognise} wants to see; of none more than {@link TEXT_BYTES}. */
export function wantedTexts(names: readonly string[]): readonly string[] {
  const texts = names.filter(isText);
  // What iPXE would run decides; the other texts are then for other programs.
  const isDecided = texts.includes("netboot.ipxe");
  return isDecided ? texts.filter((name) => ["netboot.ipxe", "variables.ipxe"].includes(name)) : texts;
}

/** No builder's script or parameter file comes near this. */
export const TEXT_BYTES = 0x100000;

export function recognise(folder: ImageFolder): Recognition {
  try {
    const image = recogniseShape(folder);
    for (const name of [image.kernel, image.bootFile, ...image.initrds]) {
      if (name !== undefined) mustHave(folder, name, "the image needs it");
    }
    return image;
  } catch (error) {
    if (error instanceof Lacks) return { type: "incomplete", reason: error.message };
    throw error;
  }
}

function recogniseShape(folder: ImageFolder): CompleteImage {
  refuseWhatIsNoImage(folder);
  const script = textOf(folder, "netboot.ipxe");
  if (script !== undefined) return withScript(folder, "netboot.ipxe", readNetbootScript(script));
  const params = textOf(folder, "kernel-params");
  if (params !== undefined) return withFiles(folder, "kernel-params", nixosImagesParams(folder, params));
  const cmdline = textOf(folder, "cmdline");
  if (cmdline !== undefined) return withFiles(folder, "cmdline", oneLine(cmdline));
  for (const name of ["kexec-boot", "run"]) {
    const kexec = textOf(folder, name);
    if (kexec !== undefined) return withKexec(folder, name, kexec);
  }
  const variables = textOf(folder, "variables.ipxe");
  if (variables !== undefined) return withFiles(folder, "homestakeros", variablesOf(variables));
  const release = [...folder.texts.keys()].filter((name) => RELEASE_SCRIPT.test(name));
  const releaseScript = only(release);
  if (releaseScript !== undefined) return withReleaseScript(folder, releaseScript);
  return oneFile(folder) ?? withFiles(folder, "plain", "");
}

const BOOT_FILES = [
  // nixpkgs' isoImage leaves it in a folder of its own.
  { shape: "iso", pattern: /^(iso\/)?[^/]+\.iso$/i, people: "ISO image" },
  { shape: "uki", pattern: /^[^/]+\.efi$/i, people: "EFI program" },
] as const;

/** An image in one file; a kernel beside it means that the folder is something else. */
function oneFile({ files, unreadable }: ImageFolder): CompleteImage | undefined {
  const names = [...files.keys(), ...unreadable.keys()];
  if (names.some(isKernelName)) return undefined;
  for (const { shape, pattern, people } of BOOT_FILES) {
    const found = names.filter((name) => pattern.test(name));
    if (found.length > 1)
      throw new Lacks(`there is more than one ${people} (${found.join(", ")}): leave one`);
    const [bootFile] = found;
    if (bootFile !== undefined) return { type: "complete", shape, initrds: [], kernelParams: "", bootFile };
  }
  return undefined;
}

/** What people build by mistake, told by name: the general reason would send them looking for a file. */
function refuseWhatIsNoImage({ files }: ImageFolder): void {
  if (files.has("activate") && files.has("nixos-version")) {
    throw new Lacks(
      "this is a system (config.system.build.toplevel), which has no root file system in its initrd: " +
        "build config.system.build.kexecTree, or nixpkgs' netboot",
    );
  }
}

function withScript(folder: ImageFolder, name: string, script: NetbootScript): CompleteImage {
  switch (script.type) {
    case "none":
      throw new Lacks(`${name} does not begin with '#!ipxe', so iPXE would not run it`);
    case "own":
      for (const file of script.needs) mustHave(folder, file, `${name} loads it`);
      return { ...ownScript(folder, name), ...(script.lacksInitrdName ? { lacksInitrdName: true } : {}) };
    case "builder": {
      for (const file of [script.kernel, ...script.initrds]) mustHave(folder, file, `${name} loads it`);
      const { kernel, initrds } = script;
      if (!script.hasVariables) {
        const isHomestaker = initrds.includes("initrd.zst");
        const shape = isHomestaker ? "homestakeros-2023" : "netboot";
        return { type: "complete", shape, kernel, initrds, kernelParams: script.kernelParams };
      }
      mustHave(folder, "variables.ipxe", `${name} takes the kernel parameters from it`);
      const before = variablesOf(textOf(folder, "variables.ipxe") ?? "");
      const kernelParams = [before, script.kernelParams].filter((each) => each !== "").join(" ");
      return { type: "complete", shape: "homestakeros", kernel, initrds, kernelParams };
    }
  }
}

function ownScript(folder: ImageFolder, name: string): CompleteImage {
  const kernel = only(pick(folder, KERNELS));
  const initrd = kernel === undefined ? undefined : only(pick(folder, INITRDS, kernel));
  return {
    type: "complete",
    shape: "own-script",
    ...(kernel === undefined ? {} : { kernel }),
    initrds: initrd === undefined ? [] : [initrd],
    kernelParams: "",
    ownScript: name,
  };
}

/**
 * The assets of a nixos-images release: a script that fetches kernel and initrd from the release's own
 * address. Lying beside the very files that it names, it tells their parameters.
 */
function withReleaseScript(folder: ImageFolder, name: string): CompleteImage {
  const local = (folder.texts.get(name) ?? "").replace(
    /^(kernel|initrd) https?:\/\/\S+\/([^/\s]+)/gm,
    "$1 $2",
  );
  const script = readNetbootScript(local);
  const isLocal =
    script.type === "builder" &&
    [script.kernel, ...script.initrds].every((file) => folder.files.has(file) || folder.unreadable.has(file));
  return withScript(folder, name, isLocal ? script : readNetbootScript(folder.texts.get(name) ?? ""));
}

function withKexec(folder: ImageFolder, name: string, text: string): CompleteImage {
  const script = readKexecScript(text);
  if (script === undefined) {
    throw new Lacks(`${name} has no kernel command line in plain text (kexec --load … --command-line "…")`);
  }
  for (const file of [script.kernel, script.initrd]) {
    if (file !== undefined) mustHave(folder, file, `${name} loads it`);
  }
  const kernel = script.kernel ?? theOne(folder, "kernel");
  const initrd = script.initrd ?? theOne(folder, "initrd", kernel);
  const kernelParams = oneLine(script.commandLine);
  return { type: "complete", shape: "kexec-tree", kernel, initrds: [initrd], kernelParams };
}

function withFiles(folder: ImageFolder, shape: ImageShape, kernelParams: string): CompleteImage {
  const kernel = theOne(folder, "kernel");
  return { type: "complete", shape, kernel, initrds: [theOne(folder, "initrd", kernel)], kernelParams };
}

/** nixos-images keeps the parameters and the path of `init` apart; nixpkgs' kexec tree has both in one. */
function nixosImagesParams(folder: ImageFolder, text: string): string {
  const params = oneLine(text);
  if (/(^|\s)(rd)?init=/.test(params)) return params;
  if (folder.initTarget !== undefined) return `init=${folder.initTarget} ${params}`.trim();
  throw new Lacks(
    folder.files.has("init")
      ? "init is a copy, not the link that tells where the system is: copy the folder with its links " +
          "('cp -a'), or write 'init=…' into kernel-params"
      : "init is missing: kernel-params goes with a link 'init' to the system's init",
  );
}

function variablesOf(text: string): string {
  const params = readVariables(text);
  if (params === undefined) throw new Lacks("variables.ipxe has no line 'set kernel-params …' in plain text");
  return params;
}

function oneLine(text: string): string {
  return text.trim().replaceAll(/\s*[\r\n]+\s*/g, " ");
}

function textOf(folder: ImageFolder, name: string): string | undefined {
  const text = folder.texts.get(name);
  if (text === undefined && (folder.unreadable.has(name) || folder.files.has(name))) {
    throw new Lacks(`${name} ${folder.unreadable.get(name) ?? "is too large to be what its name says"}`);
  }
  return text;
}

function mustHave(folder: ImageFolder, name: string, why: string): void {
  const unreadable = folder.unreadable.get(name);
  if (unreadable !== undefined) throw new Lacks(`${name} ${unreadable}; ${why}`);
  const sizeBytes = folder.files.get(name);
  if (sizeBytes === undefined) throw new Lacks(`${name} is missing; ${why}`);
  if (sizeBytes === 0) throw new Lacks(`${name} is empty; ${why}`);
}

interface Names {
  /** In order of preference. */
  readonly exact: readonly string[];
  readonly pattern: RegExp;
}

const KERNELS: Names = {
  exact: ["bzImage", "Image", "kernel", "vmlinuz", "vmlinuz.efi", "linux", "Image.gz", "zImage"],
  pattern: /^(bzImage|Image|kernel|vmlinuz)-[^/]+$/,
};

const INITRDS: Names = {
  exact: ["initrd.zst", "initrd.gz", "initrd", "initrd.xz", "initrd.img", "initramfs.img"],
  pattern: /^(initrd|initramfs)([.-][^/]+)?$/,
};

/** Things that builders and people lay beside a file under its name. */
const COMPANION = /\.(asc|sig|sha\d+|md5|hmac|txt|json|ipxe|old|bak|dpkg-\w+)$|~$/;

function isKernelName(name: string): boolean {
  return KERNELS.exact.includes(name) || (KERNELS.pattern.test(name) && !COMPANION.test(name));
}

/** The candidates: none, the one, or several between which the folder does not decide. */
function pick({ files, unreadable }: ImageFolder, { exact, pattern }: Names, kernel?: string): string[] {
  const names = new Set([...files.keys(), ...unreadable.keys()]);
  const preferred = exact.find((name) => names.has(name));
  if (preferred !== undefined) return [preferred];
  const matching = [...names].filter((name) => pattern.test(name) && !COMPANION.test(name));
  const suffix = kernel?.slice(kernel.indexOf("-"));
  const paired = matching.filter((name) => suffix?.startsWith("-") && name.includes(suffix));
  return paired.length > 0 ? paired : matching;
}

function only(names: readonly string[]): string | undefined {
  return names.length === 1 ? names[0] : undefined;
}

function theOne(folder: ImageFolder, what: "kernel" | "initrd", kernel?: string): string {
  const names = what === "kernel" ? KERNELS : INITRDS;
  const found = pick(folder, names, kernel);
  const [first] = found;
  if (first === undefined) {
    const looked = names.exact.slice(0, 5).join(", ");
    throw new Lacks(`the ${what} is missing: there is no ${looked} or the like`);
  }
  if (found.length > 1) throw new Lacks(`there is more than one ${what} (${found.join(", ")}): leave one`);
  return first;
}

/**
 * The files that machines may ask for.
 *
 * In a store everything is public that is in the image. Of any other folder only what the boot
 * needs is shown: it may be somebody's /boot. An own script may load what it likes, so it gets all.
 */
export function servedFiles(
  { files }: ImageFolder,
  image: CompleteImage,
  isInStore: boolean,
): ReadonlyMap<string, number> {
  if (isInStore || image.shape === "own-script") return files;
  const needed = new Set([image.kernel, image.bootFile, ...image.initrds]);
  return new Map([...files].filter(([name]) => needed.has(name) || isText(name)));
}
