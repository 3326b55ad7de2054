/**
 * UDP sockets tied to one network interface, which Node cannot make: through koffi, where it is there.
 *
 * Everything works without it; see dhcp-socket.ts for what is lost.
 */

import { getSystemErrorName } from "node:util";
import type { Ipv4 } from "../../wire/net/ipv4.ts";
import { encodeIpv4 } from "../../wire/net/ipv4.ts";
import { type CLibrary, loadLibc } from "../libc.ts";

export interface NativeUdp {
  /**
   * Opens a UDP socket that only sees and uses `device`, bound to an address and port, for `bind({ fd })`.
   *
   * @throws an error like Node's own, with `code`, `syscall`, `address` and `port`
   */
  open(options: NativeAddress): number;
  /**
   * Whether another socket gets what comes to this port on this device: one that is tied to the device, or
   * to none. Ours share ports with each other (SO_REUSEADDR), and would with another server.
   */
  isTaken(options: NativeAddress): boolean;
}

export interface NativeAddress {
  readonly device: string;
  readonly address: Ipv4;
  readonly port: number;
}

/** Linux's numbers, the same on every architecture that Node runs on there but MIPS and SPARC. */
const AF_INET = 2;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_BROADCAST = 6;
const SO_BINDTODEVICE = 25;

/**
 * Loads the native calls.
 *
 * @returns `undefined` where koffi is not installed, the system is not Linux, or the process may not
 * tie a socket to an interface (that needs CAP_NET_RAW before Linux 5.7)
 */
export async function loadNativeUdp(): Promise<NativeUdp | undefined> {
  const library = await loadLibc();
  if (library === undefined) return undefined;
  const libc = callsOf(library);
  try {
    libc.close(open(libc, { device: "lo", address: "127.0.0.1", port: 0 }, true));
    return {
      open: (options) => open(libc, options, true),
      isTaken: (options) => isTaken(libc, options),
    };
  } catch {
    return undefined;
  }
}

interface Libc {
  socket(domain: number, type: number, protocol: number): number;
  setsockopt(fd: number, level: number, name: number, value: Uint8Array, length: number): number;
  bind(fd: number, address: Uint8Array, length: number): number;
  close(fd: number): number;
  errno(): number;
}

function callsOf(library: CLibrary): Libc {
  return {
    socket: library.func("int socket(int, int, int)"),
    setsockopt: library.func("int setsockopt(int, int, int, const void *, unsigned int)"),
    bind: library.func("int bind(int, const void *, unsigned int)"),
    close: library.func("int close(int)"),
    errno: () => library.errno(),
  };
}

function open(libc: Libc, { device, address, port }: NativeAddress, shares: boolean): number {
  const check = (result: number, syscall: string): number => {
    if (result >= 0) return result;
    const code = getSystemErrorName(-libc.errno());
    throw Object.assign(new Error(`${syscall} ${code} ${address}:${port} on ${device}`), {
      code,
      syscall,
      address,
      port,
    });
  };
  const fd = check(libc.socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
  const set = (name: number, value: Uint8Array) =>
    check(libc.setsockopt(fd, SOL_SOCKET, name, value, value.length), "setsockopt");
  try {
    if (shares) set(SO_REUSEADDR, one());
    set(SO_BROADCAST, one());
    set(SO_BINDTODEVICE, new TextEncoder().encode(`${device}\0`));
    const name = socketAddress(address, port);
    check(libc.bind(fd, name, name.length), "bind");
    return fd;
  } catch (error) {
    libc.close(fd);
    throw error;
  }
}

/** A socket that shares with none finds out. What else may be wrong shows when the port is opened. */
function isTaken(libc: Libc, options: NativeAddress): boolean {
  try {
    libc.close(open(libc, options, false));
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EADDRINUSE";
  }
}

/** An int of 1 in the machine's own byte order. */
function one(): Uint8Array {
  return new Uint8Array(Int32Array.of(1).buffer);
}

/** A `struct sockaddr_in`: the family in the machine's byte order, port and address in the network's. */
function socketAddress(address: Ipv4, port: number): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes.set(new Uint8Array(Uint16Array.of(AF_INET).buffer), 0);
  new DataView(bytes.buffer).setUint16(2, port);
  bytes.set(encodeIpv4(address), 4);
  return bytes;
}
