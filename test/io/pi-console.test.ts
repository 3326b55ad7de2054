import { createSocket } from "node:dgram";
import { expect, onTestFinished, test } from "vitest";
import { describe as inWords } from "../../src/boot/describe.ts";
import { startPiConsole } from "../../src/io/pi-console.ts";
import { createWorld } from "../../src/io/world.ts";
import { nextEvent } from "../support/media.ts";

test("what a Raspberry Pi sends to its netconsole is an event, and a line of the log (R7)", async () => {
  const world = createWorld();
  const interfaces = [{ interface: "lo", self: "127.0.0.1", mtu: 1500 }];
  const listener = await startPiConsole({ world, interfaces, ports: [0, 0] });
  onTestFinished(() => listener.close());
  expect(listener.ports).toHaveLength(2);
  for (const port of listener.ports) {
    const told = nextEvent(world, "console");
    const socket = createSocket("udp4");
    onTestFinished(() => void socket.close());
    socket.send("TFTP 1: File not found\n", port, "127.0.0.1");
    const event = await told;
    expect(inWords(event).text).toBe("127.0.0.1 says: TFTP 1: File not found");
  }
  await listener.setInterfaces([]);
  expect(listener.ports).toEqual([]);
});
