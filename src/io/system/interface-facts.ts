/**
 * What the kernel says about one network interface: its number, its MTU, whether it is switched on.
 *
 * Asked by ioctl, where koffi is there. The files under /sys/class/net say the same, but of the network
 * namespace that /sys was mounted in, which need not be ours.
 */

import { closeSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { loadLibc } from "../libc.ts";

export interface InterfaceFacts {
  readonly index?: number;
  /** In bytes. */
  readonly mtu?: number;
  /** Switched on, with a link or without. */
  readonly isOn: boolean;
}

export interface FactReader {
  read(name: string): Promise<InterfaceFacts>;
  close(): void;
}

const AF_INET = 2;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const SIOCGIFFLAGS = 0x8913;
const SIOCGIFMTU = 0x8921;
const SIOCGIFINDEX = 0x8933;
const IFF_UP = 1;
/** `struct ifreq`: a name of 16 bytes, then a union, whose first int or short is what is asked for. */
const IFREQ_BYTES = 40;
const NAME_BYTES = 16;

export async function openFactReader(): Promise<FactReader> {
  return (await openIoctlReader()) ?? { read: readFiles, close: () => {} };
}

async function openIoctlReader(): Promise<FactReader | undefined> {
  const libc = await loadLibc();
  if (libc === undefined) return undefined;
  const socket = libc.func("int socket(int, int, int)");
  const ioctl = libc.func("int ioctl(int, unsigned long, void *)");
  const fd: number = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return undefined;
  const ask = (name: string, question: number): DataView | undefined => {
    const request = new Uint8Array(IFREQ_BYTES);
    request.set(new TextEncoder().encode(name).subarray(0, NAME_BYTES - 1));
    const failed = ioctl(fd, question, request) !== 0;
    return failed ? undefined : new DataView(request.buffer, NAME_BYTES);
  };
  const isLittle = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
  const number = (view: DataView | undefined) => view?.getInt32(0, isLittle);
  return {
    async read(name) {
      const [index, mtu] = [number(ask(name, SIOCGIFINDEX)), number(ask(name, SIOCGIFMTU))];
      const flags = ask(name, SIOCGIFFLAGS)?.getUint16(0, isLittle) ?? 0;
      return {
        isOn: (flags & IFF_UP) !== 0,
        ...(index === undefined ? {} : { index }),
        ...(mtu === undefined ? {} : { mtu }),
      };
    },
    close: () => closeSync(fd),
  };
}

async function readFiles(name: string): Promise<InterfaceFacts> {
  const read = async (file: string) => {
    const text = await readFile(`/sys/class/net/${name}/${file}`, "utf8").catch(() => "");
    return text === "" ? undefined : Number(text);
  };
  const [index, mtu, flags] = await Promise.all([read("ifindex"), read("mtu"), read("flags")]);
  return {
    isOn: ((flags ?? 0) & IFF_UP) !== 0,
    ...(index === undefined ? {} : { index }),
    ...(mtu === undefined ? {} : { mtu }),
  };
}
