/** The small Linux system of the lab: it says which image it is and how it was started, and switches off. */

import { readFile } from "node:fs/promises";
import { type CpioEntry, encodeCpio } from "./cpio.ts";
import { collectModules, type KernelModule } from "./kernel-modules.ts";

/** What every line of the system on the serial port begins with. */
export const MARKER = "mayfly-lab:";

export interface InitramfsParts {
  /** A static busybox for the machine's instruction set. */
  readonly busybox: string;
  /** `lib/modules/VERSION` of the kernel. */
  readonly modules: string;
  /** Text by which the booted system tells which image it is: the proof that the right one booted. */
  readonly stamp: string;
}

// A virtual machine's network card, with its bus and the raw sockets that a DHCP client needs.
const MODULES = ["virtio_pci", "virtio_net", "af_packet"];

/**
 * Runs as process 1.
 *
 * It writes to the serial port itself, and not to the console, which exists only where the kernel
 * parameters name it. `report=URL` on the kernel's command line makes it fetch that URL.
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
    report=*)
      if wget -q -O /tmp/report "\${word#report=}"; then say "report sent"; else say "report failed"; fi ;;
  esac
done
say "done"
poweroff -f
`;

const UDHCPC = `#!/bin/busybox sh
[ "$1" = bound ] || exit 0
ip address add "$ip/$mask" dev "$interface"
[ -z "$router" ] || ip route add default via "\${router%% *}"
echo "$ip" > /tmp/address
`;

/** Packs the system; not compressed. */
export async function buildInitramfs(parts: InitramfsParts): Promise<Uint8Array> {
  const [busybox, modules] = await Promise.all([
    readFile(parts.busybox),
    collectModules(parts.modules, MODULES),
  ]);
  return encodeCpio(initramfsEntries(busybox, modules, parts.stamp));
}

function initramfsEntries(busybox: Uint8Array, modules: readonly KernelModule[], stamp: string): CpioEntry[] {
  const text = (path: string, content: string, mode = 0o644): CpioEntry => ({
    type: "file",
    path,
    content: new TextEncoder().encode(content),
    mode,
  });
  return [
    ...["bin", "proc", "sys", "dev", "tmp", "modules"].map((path) => ({ type: "folder", path }) as const),
    { type: "file", path: "bin/busybox", content: busybox, mode: 0o755 },
    text("init", INIT, 0o755),
    text("udhcpc", UDHCPC, 0o755),
    text("stamp", `${stamp}\n`),
    text("modules/order", modules.map(({ name }) => `${name}\n`).join("")),
    ...modules.map(
      ({ name, content }) => ({ type: "file", path: `modules/${name}.ko`, content, mode: 0o644 }) as const,
    ),
  ];
}
