/**
 * A virtual BIOS machine whose iPXE boots a URL of this host, through QEMU's user-mode network.
 *
 * The lab's machines are on a network of their own, where a server in the test's own process is not.
 */

import { type Program, startProgram } from "../../src/lab/program.ts";

export const MACHINE_MAC = "52:54:00:12:34:56";
export const MACHINE_UUID = "4c4c4544-0042-3510-8051-b9c04f4e3232";
export const MACHINE_SERIAL = "A&B+C #1%";

/** Where the machine finds this host's loopback. */
export const HOST_ADDRESS = "10.0.2.2";

/** Switches the machine on; its text is what it writes on its serial port. It ends with us. */
export function startIpxeMachine(url: string): Promise<Program> {
  return startProgram([
    ...(["setpriv", "--pdeathsig", "KILL", "--", "qemu-system-x86_64"] as const),
    ...["-accel", "tcg,thread=multi", "-M", "q35,graphics=off", "-m", "512", "-no-reboot", "-nodefaults"],
    ...["-vga", "none", "-display", "none", "-serial", "stdio", "-uuid", MACHINE_UUID],
    ...["-smbios", `type=1,serial=${MACHINE_SERIAL},manufacturer=Mayfly Works,product=Rack`],
    ...["-netdev", `user,id=n0,bootfile=${url}`],
    ...["-device", `virtio-net-pci,netdev=n0,mac=${MACHINE_MAC},bootindex=1`],
  ]);
}
