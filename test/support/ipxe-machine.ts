/** A virtual BIOS machine whose iPXE boots a URL of this host, through QEMU's user-mode network. */

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export const MACHINE_MAC = "52:54:00:12:34:56";
export const MACHINE_UUID = "4c4c4544-0042-3510-8051-b9c04f4e3232";
export const MACHINE_SERIAL = "A&B+C #1%";

/** Where the machine finds this host's loopback. */
export const HOST_ADDRESS = "10.0.2.2";

export interface IpxeMachine {
  /** All that it wrote on its serial port so far, as a terminal shows it. */
  screen(): string;
  /** Resolves with the match when the screen has it. @throws when the machine ends or the time is over */
  shows(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>;
  stop(): Promise<void>;
}

/** @param ipxe - a Linux-style image of an iPXE to run instead of the one in the network card's ROM */
export function startIpxeMachine(url: string, ipxe?: string): IpxeMachine {
  const qemu = spawn("qemu-system-x86_64", [
    ...["-accel", "tcg,thread=multi", "-M", "q35,graphics=off", "-m", "512", "-no-reboot", "-nodefaults"],
    ...["-vga", "none", "-display", "none", "-serial", "stdio", "-uuid", MACHINE_UUID],
    ...["-smbios", `type=1,serial=${MACHINE_SERIAL},manufacturer=Mayfly Works,product=Rack`],
    ...["-netdev", `user,id=n0,bootfile=${url}`],
    ...["-device", `virtio-net-pci,netdev=n0,mac=${MACHINE_MAC},bootindex=1`],
    ...(ipxe === undefined ? [] : ["-kernel", ipxe]),
  ]);
  let text = "";
  qemu.stdout.on("data", (data) => {
    text += data;
  });
  qemu.stderr.on("data", (data) => {
    text += data;
  });
  const ended = new Promise<void>((resolve) => qemu.once("close", () => resolve()));
  const screen = () => render(text);
  return {
    screen,
    shows: (pattern, timeoutMs = 60_000) => waitFor(qemu, screen, pattern, timeoutMs),
    async stop() {
      qemu.kill("SIGKILL");
      await ended;
    },
  };
}

/** The text as a terminal shows it: the BIOS steps back and overwrites, at moments of its own choice. */
function render(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: terminals are told what to do by them
  const lines = text.replace(/\u001b(?:\[[0-9;?=]*[a-zA-Z]|c)/g, "").split("\n");
  return lines.map(renderLine).join("\n");
}

function renderLine(line: string): string {
  const cells: string[] = [];
  let column = 0;
  for (const character of line) {
    if (character === "\b") column = Math.max(0, column - 1);
    else if (character === "\r") column = 0;
    else cells[column++] = character;
  }
  return cells.join("");
}

function waitFor(qemu: ChildProcess, screen: () => string, pattern: RegExp, timeoutMs: number) {
  return new Promise<RegExpExecArray>((resolve, reject) => {
    const look = () => {
      const match = pattern.exec(screen());
      if (match !== null) finish(() => resolve(match));
    };
    const fail = (why: string) => finish(() => reject(new Error(`${why} before ${pattern}:\n${screen()}`)));
    const onEnd = () => fail("the machine ended");
    const timer = setTimeout(() => fail(`${timeoutMs} ms passed`), timeoutMs);
    const finish = (then: () => void) => {
      clearTimeout(timer);
      qemu.stdout?.off("data", look);
      qemu.off("close", onEnd);
      then();
    };
    qemu.stdout?.on("data", look);
    qemu.on("close", onEnd);
    look();
  });
}

export interface SmallLinux {
  readonly kernel: Uint8Array;
  /** A ramdisk whose only program prints a marker, the kernel's command line, and switches off. */
  readonly initrd: (marker: string) => Promise<Uint8Array>;
}

/** Debian's kernel for virtual machines, fetched once into the user's cache, and the machine's own busybox. */
export async function fetchSmallLinux(): Promise<SmallLinux> {
  const cache = join(homedir(), ".cache", "mayfly", "test-kernel");
  const boot = join(cache, "boot");
  const names = await readdir(boot).catch(() => fetchKernel(cache).then(() => readdir(boot)));
  const kernel = names.find((name) => name.startsWith("vmlinuz-"));
  if (kernel === undefined) throw new Error(`no kernel in ${boot}: remove ${cache} to fetch it again`);
  return { kernel: await readFile(join(boot, kernel)), initrd: packInitrd };
}

async function fetchKernel(cache: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "mayfly-kernel-"));
  const depends = await run("apt-cache", ["depends", "linux-image-cloud-amd64"]);
  const name = /Depends: (linux-image-\S+)/.exec(depends.stdout)?.[1];
  if (name === undefined) throw new Error("apt-cache knows no linux-image-cloud-amd64: run 'apt-get update'");
  await run("apt-get", ["download", name], { cwd: folder });
  const [archive = ""] = (await readdir(folder)).filter((file) => file.endsWith(".deb"));
  await run("dpkg-deb", ["--extract", archive, "unpacked"], { cwd: folder });
  await mkdir(cache, { recursive: true });
  await run("cp", ["-r", join(folder, "unpacked", "boot"), join(cache, "boot.new")]);
  await rename(join(cache, "boot.new"), join(cache, "boot"));
  await rm(folder, { recursive: true });
}

const init = (marker: string) => `#!/busybox sh
/busybox mkdir /proc
/busybox mount -t proc proc /proc
{ echo "begin ${marker}"; /busybox cat /proc/cmdline; echo "end ${marker}"; } > /dev/ttyS0
/busybox poweroff -f
`;

async function packInitrd(marker: string): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), "mayfly-initrd-"));
  const script = `set -e; cp -L "$(command -v busybox)" busybox; mkdir dev; mknod dev/ttyS0 c 4 64
    mknod dev/console c 5 1; chmod 755 init; printf '%s\\n' busybox init dev dev/ttyS0 dev/console | cpio -o -H newc`;
  const stream = createWriteStream(join(folder, "init"));
  await new Promise<void>((resolve) => stream.end(init(marker), resolve));
  const packed = await run("sh", ["-c", script], {
    cwd: folder,
    encoding: "buffer",
    maxBuffer: 64 * 1024 * 1024,
  });
  await rm(folder, { recursive: true });
  return packed.stdout;
}
