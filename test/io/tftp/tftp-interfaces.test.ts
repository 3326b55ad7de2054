/** Interfaces that come and go while TFTP serves. */

import { describe, expect, test } from "vitest";
import type { Arrival } from "../../../src/boot/peer.ts";
import { patternBytes } from "../../support/memory-shelf.ts";
import { ack, MEDIA, rawPeer, rrq, serve, summary } from "../../support/tftp-rig.ts";

const FILE = patternBytes(3000);
const NAME = `${MEDIA}/file`;
const lo = (self: string, mtu = 1500): Arrival => ({ interface: "lo", self, mtu });

describe.each([
  ["a port for each transfer", false],
  ["one port", true],
])("with %s", (_, singlePort) => {
  const start = () => serve({ file: FILE }, undefined, { interfaces: [lo("127.0.0.1")], singlePort });

  test("an address that comes is served, and a transfer on another one goes on meanwhile", async () => {
    const { server, port } = await start();
    const peer = await rawPeer();
    peer.send(rrq(NAME), port);
    const first = await peer.next();
    await server.setInterfaces([lo("127.0.0.1"), lo("127.0.0.2")]);
    expect([...server.ports.keys()]).toEqual(["127.0.0.1", "127.0.0.2"]);
    await server.setInterfaces([lo("127.0.0.1")]);
    expect([...server.ports]).toEqual([["127.0.0.1", port]]);
    peer.send(ack(1), first.port);
    expect(await peer.next()).toMatchObject({ packet: { type: "DATA", block: 2 }, port: first.port });
  });

  test("an address that goes is no longer asked", async () => {
    const { server, log, port } = await start();
    const peer = await rawPeer();
    peer.send(rrq(NAME), port);
    const first = await peer.next();
    await server.setInterfaces([]);
    expect([...server.ports]).toEqual([]);
    peer.send(rrq(NAME), port);
    if (singlePort) {
      // It shared its port with all the others.
      expect(summary((await peer.next()).packet)).toBe("ERROR 0");
      expect(await log.wait("transfer-ended")).toMatchObject({
        result: "failed",
        reason: "the boot server's address has changed: boot again",
      });
    } else {
      peer.send(ack(1), first.port);
      expect(summary((await peer.next()).packet)).toBe("DATA 2");
    }
    expect(log.of("bug")).toEqual([]);
  });

  test("another MTU counts from the next request on (T4)", async () => {
    const { server, port } = await start();
    await server.setInterfaces([lo("127.0.0.1", 1000)]);
    const peer = await rawPeer();
    peer.send(rrq(NAME, { blksize: 1468 }), port);
    expect(summary((await peer.next()).packet)).toBe("OACK blksize=968");
  });

  test("an address that is not ours is told, and the others are served all the same", async () => {
    const { server } = await start();
    const wanted = [lo("127.0.0.1"), lo("192.0.2.77"), lo("127.0.0.3")];
    await expect(server.setInterfaces(wanted)).rejects.toThrow("192.0.2.77");
    expect([...server.ports.keys()]).toEqual(["127.0.0.1", "127.0.0.3"]);
  });
});
