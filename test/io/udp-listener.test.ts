import { createSocket } from "node:dgram";
import { expect, test } from "vitest";
import { startUdpListener } from "../../src/io/udp-listener.ts";

test("a datagram that is a mistake of ours is told, and the next one is heard", async () => {
  const heard = Promise.withResolvers<string>();
  const failed = Promise.withResolvers<unknown>();
  const listener = await startUdpListener({
    interfaces: [{ interface: "lo", self: "127.0.0.1", mtu: 1500 }],
    ports: [0],
    hearsBroadcasts: false,
    onDatagram(bytes) {
      const text = bytes.toString();
      if (text === "bad") throw new RangeError("Invalid time value");
      heard.resolve(text);
    },
    onError: failed.resolve,
  });
  const socket = createSocket("udp4");
  try {
    for (const text of ["bad", "good"]) socket.send(text, listener.ports[0] ?? 0, "127.0.0.1");
    expect(await failed.promise).toEqual(new RangeError("Invalid time value"));
    expect(await heard.promise).toBe("good");
  } finally {
    socket.close();
    await listener.close();
  }
});
