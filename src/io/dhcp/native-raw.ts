/** Raw sockets for ARP, ICMP and whole frames, which Node cannot make: through koffi, where it and the right are there. */

import { getSystemErrorName } from "node:util";
import { encodeIpv4, type Ipv4 } from "../../wire/net/ipv4.ts";
import { encodeMac, type Mac } from "../../wire/net/mac.ts";
import { type CLibrary, loadLibc } from "../libc.ts";

/** A socket that never waits. */
export interface RawSocket<To> {
  send(bytes: Uint8Array, to: To): void;
  /** The next packet that is there already. */
  receive(): Uint8Array | undefined;
  close(): void;
}

export interface NativeRaw {
  /** Sees the ARP packets of an interface, and sends to everybody there. @throws with `code`, ENODEV among them */
  openArp(device: string): RawSocket<void>;
  /** Sees all ICMP packets that reach this machine, with their IP headers. @throws with `code` */
  openIcmp(): RawSocket<Ipv4>;
  /**
   * Sees the frames of one kind that an interface receives, with their Ethernet headers; nobody else on this
   * machine gets less for it. What this machine sends is not among them.
   *
   * @throws with `code`, ENODEV among them
   */
  openTap(device: string, kind: FrameKind): Tap;
}

/** Listens, and sends nothing. */
export type Tap = Omit<RawSocket<never>, "send">;

/** Which frames a tap sees. */
export interface FrameKind {
  /** Of Ethernet, as Linux counts: 4 is for frames without a type. */
  readonly protocol: number;
  /** Lets the kernel drop all others: machine words of the classic packet filter. Absent: all of the protocol. */
  readonly filter?: Uint8Array;
  /** Groups that the network card has to listen to. */
  readonly groups?: readonly Mac[];
}

/** Linux's numbers, the same on every architecture that Node runs on there but MIPS and SPARC. */
const AF_INET = 2;
const AF_PACKET = 17;
const SOCK_DGRAM = 2;
const SOCK_RAW = 3;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const IPPROTO_ICMP = 1;
const ETH_P_ARP = 0x0806;
const SOL_SOCKET = 1;
const SO_ATTACH_FILTER = 26;
const SOL_PACKET = 263;
const PACKET_ADD_MEMBERSHIP = 1;
/** `struct sock_filter`: one instruction. */
const INSTRUCTION_BYTES = 8;
const MAX_PACKET_BYTES = 2048;

/** @returns `undefined` where koffi is not installed, or the process may not have raw sockets (CAP_NET_RAW) */
export async function loadNativeRaw(): Promise<NativeRaw | undefined> {
  const library = await loadLibc();
  if (library === undefined) return undefined;
  const libc = callsOf(library);
  const native: NativeRaw = {
    openArp: (device) => openArp(libc, device),
    openIcmp: () => openIcmp(libc),
    openTap: (device, kind) => openTap(libc, device, kind),
  };
  try {
    native.openArp("lo").close();
    return native;
  } catch {
    return undefined;
  }
}

interface Libc {
  socket(domain: number, type: number, protocol: number): number;
  bind(fd: number, address: Uint8Array, length: number): number;
  sendto(fd: number, data: Uint8Array, size: number, flags: number, to: Uint8Array, length: number): number;
  recv(fd: number, into: Uint8Array, size: number, flags: number): number;
  setsockopt(fd: number, level: number, name: number, value: Uint8Array, length: number): number;
  close(fd: number): number;
  addressOf(bytes: Uint8Array): bigint;
  if_nametoindex(name: string): number;
  errno(): number;
}

function callsOf(library: CLibrary): Libc {
  return {
    socket: library.func("int socket(int, int, int)"),
    bind: library.func("int bind(int, const void *, unsigned int)"),
    sendto: library.func("intptr_t sendto(int, const void *, size_t, int, const void *, unsigned int)"),
    recv: library.func("intptr_t recv(int, _Out_ uint8_t *, size_t, int)"),
    setsockopt: library.func("int setsockopt(int, int, int, const void *, unsigned int)"),
    close: library.func("int close(int)"),
    addressOf: library.addressOf,
    if_nametoindex: library.func("unsigned int if_nametoindex(const char *)"),
    errno: () => library.errno(),
  };
}

function openArp(libc: Libc, device: string): RawSocket<void> {
  const everybody = linkAddress(indexOf(libc, device), ETH_P_ARP);
  // The kernel writes and reads the Ethernet header.
  const fd = open(libc, AF_PACKET, SOCK_DGRAM, 0);
  try {
    // Bound only now, so that nothing of another interface is in its queue.
    check(libc, libc.bind(fd, everybody, everybody.length), "bind");
  } catch (error) {
    libc.close(fd);
    throw error;
  }
  return socketOf<void>(libc, fd, () => everybody);
}

function openTap(libc: Libc, device: string, { protocol, filter, groups = [] }: FrameKind): Tap {
  const index = indexOf(libc, device);
  const fd = open(libc, AF_PACKET, SOCK_RAW, 0);
  const set = (level: number, name: number, value: Uint8Array) =>
    check(libc, libc.setsockopt(fd, level, name, value, value.length), "setsockopt");
  try {
    // Before it is bound: nothing that the filter drops is ever in its queue.
    if (filter !== undefined) set(SOL_SOCKET, SO_ATTACH_FILTER, filterProgram(libc, filter));
    for (const group of groups) set(SOL_PACKET, PACKET_ADD_MEMBERSHIP, membership(index, group));
    const address = linkAddress(index, protocol);
    check(libc, libc.bind(fd, address, address.length), "bind");
  } catch (error) {
    libc.close(fd);
    throw error;
  }
  const { receive, close } = socketOf<never>(libc, fd, () => new Uint8Array());
  return { receive, close };
}

/** A `struct sock_fprog`: how many instructions, and where they are. */
function filterProgram(libc: Libc, filter: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes.set(new Uint8Array(Uint16Array.of(filter.length / INSTRUCTION_BYTES).buffer), 0);
  bytes.set(new Uint8Array(BigUint64Array.of(libc.addressOf(filter)).buffer), 8);
  return bytes;
}

/** A `struct packet_mreq` for a multicast group. */
function membership(index: number, group: Mac): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes.set(new Uint8Array(Int32Array.of(index).buffer), 0);
  bytes.set(new Uint8Array(Uint16Array.of(6).buffer), 6);
  bytes.set(encodeMac(group), 8);
  return bytes;
}

function indexOf(libc: Libc, device: string): number {
  const index = libc.if_nametoindex(device);
  return check(libc, index === 0 ? -1 : index, `if_nametoindex ${device}`);
}

function openIcmp(libc: Libc): RawSocket<Ipv4> {
  return socketOf(libc, open(libc, AF_INET, SOCK_RAW, IPPROTO_ICMP), internetAddress);
}

function open(libc: Libc, domain: number, type: number, protocol: number): number {
  return check(libc, libc.socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol), "socket");
}

function socketOf<To>(libc: Libc, fd: number, addressOf: (to: To) => Uint8Array): RawSocket<To> {
  const buffer = new Uint8Array(MAX_PACKET_BYTES);
  return {
    send(bytes, to) {
      const address = addressOf(to);
      check(libc, Number(libc.sendto(fd, bytes, bytes.length, 0, address, address.length)), "sendto");
    },
    receive() {
      const size = Number(libc.recv(fd, buffer, buffer.length, 0));
      return size < 0 ? undefined : buffer.slice(0, size);
    },
    close: () => void libc.close(fd),
  };
}

function check(libc: Libc, result: number, syscall: string): number {
  if (result >= 0) return result;
  const code = getSystemErrorName(-libc.errno());
  throw Object.assign(new Error(`${syscall} ${code}`), { code, syscall });
}

/** A `struct sockaddr_ll` of everybody on an interface. */
function linkAddress(index: number, protocol: number): Uint8Array {
  const bytes = new Uint8Array(20);
  bytes.set(new Uint8Array(Uint16Array.of(AF_PACKET).buffer), 0);
  new DataView(bytes.buffer).setUint16(2, protocol);
  bytes.set(new Uint8Array(Int32Array.of(index).buffer), 4);
  bytes[11] = 6; // the length of what follows
  bytes.fill(0xff, 12, 18);
  return bytes;
}

/** A `struct sockaddr_in` without a port. */
function internetAddress(address: Ipv4): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes.set(new Uint8Array(Uint16Array.of(AF_INET).buffer), 0);
  bytes.set(encodeIpv4(address), 4);
  return bytes;
}
