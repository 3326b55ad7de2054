/** A small root of its own for shell scripts: a shell, busybox, and a machine made of plain files in /proc and /sys. */

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { findTool } from "../../src/io/system/packages.ts";

const run = promisify(execFile);

/** Debian's system shell, busybox', and the one that rescue systems have. */
export const SHELLS = ["dash", "ash", "bash"] as const;
export type Shell = (typeof SHELLS)[number];

const APPLETS =
  "ash cat chmod cp cut df grep head id ls mkdir mktemp mv printf readlink rm sed sh sha256sum sleep sort sync tail tr uname wget";

export interface Ran {
  readonly code: number;
  /** Both streams, in no certain order. */
  readonly output: string;
}

export interface ShRoot {
  /** Writes files by absolute path, over what is there; `undefined` takes one away. */
  put(files: Readonly<Record<string, string | undefined>>): void;
  read(path: string): string;
  /** Runs a script that comes by a pipe; with `answer`, on a terminal on which this is typed. */
  run(shell: Shell, script: string, args?: readonly string[], answer?: string): Promise<Ran>;
  remove(): void;
}

/** What a healthy x86 machine has. */
export function healthyMachine(mac: string): Record<string, string> {
  return {
    "/proc/mounts": "/dev/vda / ext4 rw 0 0\n",
    "/proc/meminfo": "MemTotal:        8000000 kB\nMemFree:         100000 kB\nMemAvailable:    7000000 kB\n",
    "/proc/self/status": "Name:\tsh\nCapEff:\t000001ffffffffff\n",
    "/proc/self/uid_map": "         0          0 4294967295\n",
    "/proc/net/route": "Iface\tDestination\tGateway\neth0\t0000000A\t00000000\neth0\t00000000\t0100000A\n",
    "/proc/sys/kernel/kexec_load_disabled": "0\n",
    "/sys/kernel/kexec_loaded": "0\n",
    "/sys/class/net/eth0/device/vendor": "0x1af4\n",
    "/sys/class/net/eth0/address": `${mac}\n`,
    "/bin/kexec":
      '#!/bin/sh\nfor word in "$@"; do printf "[%s]" "$word"; done >>/kexec.log\necho >>/kexec.log\n' +
      "case $1 in\n  -l | -s) cp /run/mayfly.*/kernel /loaded-kernel; cp /run/mayfly.*/initrd /loaded-initrd ;;\nesac\n",
    "/bin/systemctl": '#!/bin/sh\necho "systemctl $*" >>/kexec.log\n',
    "/kexec.log": "",
  };
}

export async function createShRoot(): Promise<ShRoot> {
  const root = mkdtempSync(join(tmpdir(), "mayfly-root-"));
  const at = (path: string) => join(root, path);
  for (const folder of ["bin", "dev", "proc", "sys", "run", "tmp"]) mkdirSync(at(folder));
  copyFileSync(findTool("busybox") ?? "/bin/busybox", at("bin/busybox"));
  for (const applet of APPLETS.split(" ")) symlinkSync("busybox", at(`bin/${applet}`));
  for (const shell of ["dash", "bash"]) await copyProgram(shell, root);

  return {
    put(files) {
      for (const [path, content] of Object.entries(files)) {
        rmSync(at(path), { force: true, recursive: true });
        if (content === undefined) continue;
        mkdirSync(dirname(at(path)), { recursive: true });
        writeFileSync(at(path), content, { mode: 0o755 });
      }
    },
    read: (path) => readFileSync(at(path), "latin1"),
    async run(shell, script, args = [], answer) {
      writeFileSync(at("script"), script);
      const piped = `cat /script | /bin/${shell} -s -- ${args.join(" ")}`;
      const inside = `mount --rbind /dev ${root}/dev && exec chroot ${root} /bin/sh -c '${piped}'`;
      const argv = ["unshare", "--map-root-user", "--mount", "sh", "-c", inside];
      const words = argv.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
      return answer === undefined ? runOut(argv) : runOut(["script", "-qec", words, "/dev/null"], answer);
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

async function copyProgram(name: string, root: string): Promise<void> {
  const path = findTool(name) ?? `/bin/${name}`;
  const { stdout } = await run("ldd", [path]);
  const libraries = [...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, library = ""]) => library);
  for (const library of libraries) {
    mkdirSync(join(root, dirname(library)), { recursive: true });
    copyFileSync(library, join(root, library));
  }
  copyFileSync(path, join(root, "bin", name));
}

/** In a session of its own: it has no terminal unless it is given one. */
async function runOut([command = "", ...args]: readonly string[], input?: string): Promise<Ran> {
  const env = { PATH: "/bin:/usr/bin:/sbin:/usr/sbin" };
  const child = spawn(command, args, { detached: true, env, stdio: ["pipe", "pipe", "pipe"] });
  let output = "";
  child.stdout.on("data", (bytes: Buffer) => {
    output += bytes.toString("latin1");
    if (input !== undefined && output.includes("[y/N]")) child.stdin.end(input);
  });
  child.stderr.on("data", (bytes: Buffer) => {
    output += bytes.toString("latin1");
  });
  if (input === undefined) child.stdin.end();
  const [code] = (await once(child, "close")) as [number | null];
  return { code: code ?? -1, output: output.replaceAll("\r\n", "\n") };
}
