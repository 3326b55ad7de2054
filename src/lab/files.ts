/** The kernels, modules and boot programs that the lab's virtual machines boot: fetched once, kept in the user's cache. */

import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import { type Archive, openArchive } from "../io/system/debian-archive.ts";
import { runTool } from "../io/system/run-tool.ts";

/** What a small Linux of one architecture is made of. */
export interface LabLinux {
  readonly kernel: string;
  /** As `uname -r` says. */
  readonly version: string;
  /** Kernel modules of a virtio network card, in the order in which they are to be loaded. */
  readonly modules: readonly string[];
  /** A static busybox of that architecture. */
  readonly busybox: string;
}

/** Files that belong together: the firmware's code, and the variables that it starts with if it keeps any. */
export interface Flash {
  readonly code: string;
  readonly variables?: string;
}

/** The firmware that one release of Debian has. */
export interface LabFirmware {
  /** EDK2 for x64. */
  readonly ovmf: Flash;
  /** EDK2 for arm64. */
  readonly aavmf: Flash;
  /** U-Boot for QEMU's arm64 machine. */
  readonly uBoot: Flash;
}

/** Absolute paths. */
export interface LabFiles {
  readonly amd64: LabLinux;
  readonly arm64: LabLinux;
  readonly debian12: LabFirmware;
  readonly debian13: LabFirmware;
  /** systemd's EFI programs that start the kernel in a unified kernel image. */
  readonly efiStub: { readonly amd64: string; readonly arm64: string };
  /** A folder with `ipxe-arm64.efi`, `ipxe-amd64.efi`, `snponly.efi`, `undionly.kpxe` … of iPXE 1.21.1. */
  readonly ipxe121: string;
  /** The same of iPXE 2.0.0, or what Debian's unstable has by now. */
  readonly ipxe200: string;
}

/** What the lab needs installed on the machine itself. */
export const LAB_PACKAGES: readonly string[] = [
  "qemu-system-x86",
  "qemu-system-arm",
  "ovmf",
  "qemu-efi-aarch64",
  "ipxe",
  "ipxe-qemu",
  "seabios",
  "dnsmasq-base",
  "tftp-hpa",
  "atftp",
  "nginx-light",
  "iproute2",
  "busybox-static",
  "cpio",
  "zstd",
  "tcpdump",
  "tshark",
  "kexec-tools",
  "nix-bin",
  "nftables",
  "udhcpc",
  "isc-dhcp-client",
  "strace",
  "util-linux",
  "curl",
  "zsh",
  "fish",
  "xorriso",
  "mtools",
  "chromium",
];

/** Raise it when what is fetched changes: older folders are then left behind. */
const RECIPE = 2;

const MODULES = [
  "virtio_ring",
  "virtio",
  "failover",
  "net_failover",
  "virtio_pci_legacy_dev",
  "virtio_pci_modern_dev",
  "virtio_pci",
  "virtio_net",
];

/** Where Mayfly keeps what it has fetched for this user. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const base = env.XDG_CACHE_HOME;
  return join(base !== undefined && base !== "" ? base : join(homedir(), ".cache"), "mayfly");
}

/**
 * Gives the lab's files, and fetches them from the machine's own Debian mirror if they are not there:
 * about 120 MB and half a minute, once. Several processes may call it at the same time.
 *
 * @throws Error when they are not there and cannot be fetched
 */
export async function ensureLabFiles(
  say: (line: string) => void = () => {},
  cache: string = cacheFolder(),
): Promise<LabFiles> {
  const folder = join(cache, `lab-${RECIPE}`);
  const found = await readLabFiles(folder);
  if (found !== undefined) return found;
  say(`fetching kernels and boot programs for the lab into ${folder}`);
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(cache, `lab-${RECIPE}.tmp-`));
  try {
    await fetchAll(work, say);
    // Either this is the first to be done, or another process was: both are whole.
    await rename(join(work, "files"), folder).catch(() => {});
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  const files = await readLabFiles(folder);
  if (files === undefined) throw new Error(`${folder} is incomplete: remove it and try again`);
  return files;
}

/** Names in the manifest are relative, so that the folder can be moved. */
async function readLabFiles(folder: string): Promise<LabFiles | undefined> {
  const text = await readFile(join(folder, "manifest.json"), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const files: LabFiles = JSON.parse(text, (key, value) =>
    typeof value === "string" && key !== "version" ? join(folder, value) : value,
  );
  const present = await Promise.all(pathsOf(files).map(exists));
  return present.every(Boolean) ? files : undefined;
}

function pathsOf(value: unknown, key = ""): string[] {
  if (typeof value === "string") return key === "version" ? [] : [value];
  return Object.entries(value as object).flatMap(([name, each]) => pathsOf(each, name));
}

async function fetchAll(work: string, say: (line: string) => void): Promise<void> {
  say("reading Debian's package lists");
  const archive = await openArchive(join(work, "apt"), [
    { suite: "bookworm", architectures: ["amd64", "arm64"] },
    { suite: "trixie", architectures: ["amd64"] },
    { suite: "unstable", architectures: ["amd64"] },
  ]);
  const files = join(work, "files");
  const manifest: LabFiles = {
    amd64: await fetchLinux(archive, "amd64", work, say),
    arm64: await fetchLinux(archive, "arm64", work, say),
    debian12: await fetchFirmware(archive, "bookworm", work, say),
    debian13: await fetchFirmware(archive, "trixie", work, say),
    efiStub: await fetchStubs(archive, work, say),
    ipxe121: await fetchIpxe(archive, "trixie", "ipxe-1.21.1", work, say),
    ipxe200: await fetchIpxe(archive, "unstable", "ipxe-2.0.0", work, say),
  };
  await writeFile(join(files, "manifest.json"), `${JSON.stringify(manifest, undefined, 2)}\n`);
}

async function fetchIpxe(
  archive: Archive,
  suite: string,
  name: string,
  work: string,
  say: (line: string) => void,
): Promise<string> {
  say(`fetching iPXE of Debian ${suite}`);
  const unpacked = join(work, name);
  await archive.unpack(`ipxe/${suite}`, unpacked);
  await mkdir(join(work, "files"), { recursive: true });
  await rename(join(unpacked, "usr/lib/ipxe"), join(work, "files", name));
  return name;
}

async function fetchFirmware(
  archive: Archive,
  suite: string,
  work: string,
  say: (line: string) => void,
): Promise<LabFirmware> {
  say(`fetching firmware of Debian ${suite}`);
  const unpacked = join(work, `firmware-${suite}`);
  for (const name of ["ovmf", "qemu-efi-aarch64", "u-boot-qemu"]) {
    await archive.unpack(`${name}/${suite}`, unpacked);
  }
  await mkdir(join(work, "files", suite), { recursive: true });
  const keep = async (path: string): Promise<string> => {
    const kept = join(suite, basename(path));
    // Links are followed, and 128 MiB of nearly nothing for arm64 take no room.
    const places = [join(unpacked, "usr", path), join(work, "files", kept)];
    await runTool("cp", ["--dereference", "--sparse=always", ...places]);
    return kept;
  };
  const pair = async (folder: string, code: string, variables: string): Promise<Flash> => ({
    code: await keep(`share/${folder}/${code}`),
    variables: await keep(`share/${folder}/${variables}`),
  });
  return {
    ovmf: await pair("OVMF", "OVMF_CODE_4M.fd", "OVMF_VARS_4M.fd"),
    aavmf: await pair("AAVMF", "AAVMF_CODE.fd", "AAVMF_VARS.fd"),
    uBoot: { code: await keep("lib/u-boot/qemu_arm64/u-boot.bin") },
  };
}

async function fetchStubs(
  archive: Archive,
  work: string,
  say: (line: string) => void,
): Promise<LabFiles["efiStub"]> {
  say("fetching systemd's EFI stubs");
  const fetchStub = async (architecture: "amd64" | "arm64", name: string): Promise<string> => {
    const unpacked = join(work, `stub-${architecture}`);
    await archive.unpack(`systemd-boot-efi:${architecture}`, unpacked);
    await rename(join(unpacked, "usr/lib/systemd/boot/efi", name), join(work, "files", name));
    return name;
  };
  return {
    amd64: await fetchStub("amd64", "linuxx64.efi.stub"),
    arm64: await fetchStub("arm64", "linuxaa64.efi.stub"),
  };
}

async function fetchLinux(
  archive: Archive,
  architecture: "amd64" | "arm64",
  work: string,
  say: (line: string) => void,
): Promise<LabLinux> {
  say(`fetching a kernel and busybox for ${architecture}`);
  const unpacked = join(work, architecture);
  const meta = `linux-image-cloud-${architecture}:${architecture}`;
  const image = await archive.dependency(meta, /^linux-image-\d/);
  await archive.unpack(`${image}:${architecture}`, unpacked);
  await archive.unpack(`busybox-static:${architecture}`, unpacked);

  const into = join(work, "files", architecture);
  await mkdir(join(into, "modules"), { recursive: true });
  const version = image.slice("linux-image-".length);
  await rename(join(unpacked, "boot", `vmlinuz-${version}`), join(into, "vmlinuz"));
  await rename(
    await firstOf([join(unpacked, "bin/busybox"), join(unpacked, "usr/bin/busybox")]),
    join(into, "busybox"),
  );
  const all = await readdir(join(unpacked, "lib/modules", version), { recursive: true });
  const modules: string[] = [];
  for (const name of MODULES) {
    const found = all.find((path) => basename(path) === `${name}.ko`);
    // What is no module is part of the kernel itself.
    if (found === undefined) continue;
    await rename(join(unpacked, "lib/modules", version, found), join(into, "modules", `${name}.ko`));
    modules.push(join(architecture, "modules", `${name}.ko`));
  }
  return {
    kernel: join(architecture, "vmlinuz"),
    version,
    modules,
    busybox: join(architecture, "busybox"),
  };
}

async function firstOf(paths: readonly string[]): Promise<string> {
  for (const path of paths) if (await exists(path)) return path;
  throw new Error(`none of ${paths.join(", ")} is there`);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
