import { createRequire } from "node:module";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { notifySystemd } from "../../../src/io/system/systemd.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const koffi: typeof import("koffi") = createRequire(import.meta.url)("koffi");
const libc = koffi.load(null);
const socket = libc.func("int socket(int, int, int)");
const bind = libc.func("int bind(int, const void *, unsigned int)");
const recv = libc.func("long recv(int, _Out_ uint8_t *, size_t, int)");
const close = libc.func("int close(int)");

const MSG_DONTWAIT = 0x40;

/** What systemd does: a datagram socket of the Unix kind. Gives a function that takes one message. */
function listen(path: string): () => string {
  const name = Buffer.from(path.startsWith("@") ? `\0${path.slice(1)}` : path);
  const address = Buffer.concat([Buffer.of(1, 0), name]);
  const fd: number = socket(1, 2, 0);
  onTestFinished(() => close(fd));
  expect(bind(fd, address, address.length)).toBe(0);
  return () => {
    const bytes = Buffer.alloc(100);
    const length: number = recv(fd, bytes, bytes.length, MSG_DONTWAIT);
    return bytes.subarray(0, Math.max(0, length)).toString();
  };
}

test("systemd hears that the service is ready, and that it stops", async () => {
  const path = join(tempFolder(), "notify");
  const take = listen(path);
  expect(await notifySystemd("READY=1", { NOTIFY_SOCKET: path })).toBe(true);
  expect(take()).toBe("READY=1");
  expect(await notifySystemd("STOPPING=1", { NOTIFY_SOCKET: path })).toBe(true);
  expect(take()).toBe("STOPPING=1");
});

test("a socket in the abstract namespace is reached too", async () => {
  const path = `@mayfly-test-${process.pid}`;
  const take = listen(path);
  expect(await notifySystemd("READY=1", { NOTIFY_SOCKET: path })).toBe(true);
  expect(take()).toBe("READY=1");
});

test("outside of systemd nothing happens, and a socket that is gone breaks nothing", async () => {
  expect(await notifySystemd("READY=1", {})).toBe(false);
  expect(await notifySystemd("READY=1", { NOTIFY_SOCKET: join(tempFolder(), "gone") })).toBe(false);
});
