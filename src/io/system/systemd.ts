/** Tells systemd how the service is, where systemd started it. */

import { loadLibc } from "../libc.ts";
import { findTool } from "./packages.ts";
import { runTool } from "./run-tool.ts";

const AF_UNIX = 1;
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000;
/** `sun_path` and the family before it. */
const SOCKADDR_UN_BYTES = 110;

/**
 * Sends a notification such as `READY=1` or `STOPPING=1`; does nothing outside of systemd.
 *
 * Node has no datagram sockets of the Unix kind. `systemd-notify` sends in our name only as root, so
 * libc itself is asked first, where koffi is installed. Nothing depends on its success.
 *
 * @returns whether it was sent
 * @see sd_notify(3)
 */
export async function notifySystemd(
  state: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<boolean> {
  const path = env.NOTIFY_SOCKET;
  if (path === undefined || path === "") return false;
  if (await sendByLibc(path, state)) return true;
  const tool = findTool("systemd-notify");
  if (tool === undefined) return false;
  return runTool(tool, [`--pid=${process.pid}`, state], {
    env: { NOTIFY_SOCKET: path },
    timeoutMs: 5000,
  }).then(
    () => true,
    () => false,
  );
}

async function sendByLibc(path: string, state: string): Promise<boolean> {
  const libc = await loadLibc();
  if (libc === undefined) return false;
  const socket = libc.func("int socket(int, int, int)");
  const sendto = libc.func("long sendto(int, const void *, size_t, int, const void *, unsigned int)");
  const close = libc.func("int close(int)");
  // A path that starts with @ lies in the abstract namespace, where the first byte is 0.
  const name = Buffer.from(path.startsWith("@") ? `\0${path.slice(1)}` : path);
  if (name.length + 2 >= SOCKADDR_UN_BYTES) return false;
  const address = Buffer.alloc(SOCKADDR_UN_BYTES);
  address.writeUInt16LE(AF_UNIX, 0);
  name.copy(address, 2);
  const message = Buffer.from(state);
  const fd: number = socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0);
  if (fd < 0) return false;
  const sent: number = sendto(fd, message, message.length, 0, address, 2 + name.length);
  close(fd);
  return sent === message.length;
}
