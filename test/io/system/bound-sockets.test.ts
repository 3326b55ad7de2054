import { createSocket } from "node:dgram";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { boundTo, hasBound } from "../../../src/io/system/bound-sockets.ts";

test.runIf(process.platform === "linux")(
  "a socket is found by its address and port, and by no other",
  async () => {
    const socket = createSocket("udp4");
    onTestFinished(() => void socket.close());
    socket.bind(0, "127.0.0.5");
    await once(socket, "listening");
    const { port } = socket.address();
    expect(await boundTo("udp", "127.0.0.5", port)).toBe(true);
    expect(await boundTo("udp", "127.0.0.6", port)).toBe(false);
    expect(await boundTo("tcp", "127.0.0.5", port)).toBe(false);
  },
);

test("the kernel's table is read by its second column", () => {
  const table = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
  123: 00000000:0043 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 1234 2 0000 0
`;
  expect(hasBound(table, "0.0.0.0", 67)).toBe(true);
  expect(hasBound(table, "0.0.0.0", 68)).toBe(false);
});
