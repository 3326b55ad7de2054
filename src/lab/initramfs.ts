/** The small Linux system of the lab: it says which image it is and how it was started, and switches off. */

import { readFile } from "node:fs/promises";
import { type CpioEntry, encodeCpio } from "./cpio.ts";
import type { LabLinux } from "./files.ts";
import { moduleName, readModule } from "./kernel-modules.ts";

/** What every line of the system on the serial port begins with. */
export const MARKER = "mayfly-lab:";

/**
 * Runs as process 1.
 *
 * It writes to the serial port itself, and not to the console, which exists only where the kernel
 * parameters name it. `report=URL` on the kernel's command line makes it fetch that URL, and
 * `mayfly.checkin=URL` report that it is up. Before it switches off it runs `/afterwards`, where there is one.
 */
const INIT = `#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
dmesg -n 1
case $(uname -m) in
  aarch64) serial=/dev/ttyAMA0 ;;
  *) serial=/dev/ttyS0 ;;
esac
say() { echo "${MARKER} $*" > $serial; }

# Whatever the loader or the kernel wrote last may have no line end.
echo > $serial
say "runs $(cat /stamp)"
say "kernel $(uname -r) $(uname -m)"
say "cmdline $(cat /proc/cmdline)"

while read -r module; do insmod "/modules/$module.ko"; done < /modules/order
ip link set lo up
ip link set eth0 up
if udhcpc -i eth0 -q -n -t 5 -T 2 -s /udhcpc > /tmp/udhcpc 2>&1; then
  say "address $(cat /tmp/address)"
else
  say "no address: $(tail -n 1 /tmp/udhcpc)"
fi
for word in $(cat /proc/cmdline); do
  case $word in
    root=/*)
      disc="\${word#root=}"
      # A file at the place of a disc: its size and its digest tell that all of it arrived.
      if [ -f "$disc" ]; then say "disc $(wc -c < "$disc") $(sha256sum "$disc" | cut -d ' ' -f 1)"; fi ;;
    report=*)
      if wget -q -O /tmp/report "\${word#report=}"; then say "report sent"; else say "report failed"; fi ;;
    mayfly.checkin=*)
      known="system=/lab/$(cat /stamp)&kernel=$(uname -r)&uptime=$(cat /proc/uptime)"
      if wget -q -O /dev/null --post-data "$known" "\${word#*=}"; then say "checked in"; else say "check-in failed"; fi ;;
  esac
done
[ ! -e /afterwards ] || sh /afterwards > $serial 2>&1
say "done"
poweroff -f
`;

const UDHCPC = `#!/bin/busybox sh
[ "$1" = bound ] || exit 0
ip address add "$ip/$mask" dev "$interface"
[ -z "$router" ] || ip route add default via "\${router%% *}"
echo "$ip" > /tmp/address
`;

/**
 * Packs the system; not compressed.
 *
 * @param stamp - text by which the booted system tells which image it is: the proof that the right one booted
 * @param more - what else is in it; its folders must be there before what is in them
 */
export async function buildInitramfs(
  { busybox, modules }: LabLinux,
  stamp: string,
  more: readonly CpioEntry[] = [],
): Promise<Uint8Array> {
  const names = modules.map(moduleName);
  return encodeCpio([
    ...["bin", "proc", "sys", "dev", "tmp", "modules"].map((path) => ({ type: "folder", path }) as const),
    file("bin/busybox", await readFile(busybox), 0o755),
    file("init", INIT, 0o755),
    file("udhcpc", UDHCPC, 0o755),
    file("stamp", `${stamp}\n`),
    file("modules/order", names.map((name) => `${name}\n`).join("")),
    ...(await Promise.all(
      modules.map(async (path) => file(`modules/${moduleName(path)}.ko`, await readModule(path))),
    )),
    ...more,
  ]);
}

function file(path: string, content: Uint8Array | string, mode = 0o644): CpioEntry {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return { type: "file", path, content: bytes, mode };
}
