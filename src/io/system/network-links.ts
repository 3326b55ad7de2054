/** Asks the kernel for the network links of our own namespace and their kinds: by netlink, where koffi is there. */

import { closeSync } from "node:fs";
import { decodeLinks, encodeLinkRequest, type NetworkLink } from "../../wire/linux/netlink.ts";
import { loadLibc } from "../libc.ts";

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC = 3 | 0o2000000;
const NETLINK_ROUTE = 0;
const MSG_DONTWAIT = 0x40;
/** The kernel fills at most 32 KiB at a time. */
const BUFFER_BYTES = 64 * 1024;

/** @returns `undefined` where it cannot be asked */
export async function networkLinks(): Promise<readonly NetworkLink[] | undefined> {
  const libc = await loadLibc();
  if (libc === undefined) return undefined;
  const socket = libc.func("int socket(int, int, int)");
  const send = libc.func("long send(int, const void *, size_t, int)");
  const recv = libc.func("long recv(int, _Out_ void *, size_t, int)");
  const fd: number = socket(AF_NETLINK, SOCK_RAW_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0) return undefined;
  try {
    const isLittle = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
    const request = encodeLinkRequest(isLittle);
    if (Number(send(fd, request, request.length, 0)) !== request.length) return undefined;
    const links: NetworkLink[] = [];
    const buffer = new Uint8Array(BUFFER_BYTES);
    // What is not there at once never comes: the kernel writes each part as the one before is taken.
    for (;;) {
      const length = Number(recv(fd, buffer, buffer.length, MSG_DONTWAIT));
      if (length <= 0) return undefined;
      const list = decodeLinks(buffer.slice(0, length), isLittle);
      links.push(...list.links);
      if (list.isLast) return links;
    }
  } finally {
    closeSync(fd);
  }
}
