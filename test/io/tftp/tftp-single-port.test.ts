/** TFTP through the request port alone, for clients behind address translation (T6). */

import { describe, expect, test } from "vitest";
import { memoryShelf, patternBytes } from "../../support/memory-shelf.ts";
import { attackTftp } from "../../support/tftp-attack.ts";
import { ack, error, MEDIA, rawPeer, rrq, serve, summary } from "../../support/tftp-rig.ts";
import { TRANSFER_SCENARIOS } from "../../support/tftp-scenarios.ts";
import { fetchFile } from "../../support/tftp-socket-client.ts";

const FILE = patternBytes(3000);
const NAME = `${MEDIA}/file`;
const SINGLE = { singlePort: true };

const serveSingle = (files: Readonly<Record<string, Uint8Array>>) => serve(files, undefined, SINGLE);

describe("through one port the client gets, byte for byte (T6),", () => {
  test.each(TRANSFER_SCENARIOS.filter(({ simulatedOnly }) => simulatedOnly !== true))(
    "$title",
    async ({ sizeBytes, options }) => {
      const file = patternBytes(sizeBytes);
      const { port, log } = await serveSingle({ file });
      const outcome = await fetchFile(port, { filename: NAME, options });
      expect(outcome).toMatchObject({ type: "complete" });
      if (outcome.type === "complete") expect(Buffer.compare(outcome.bytes, file)).toBe(0);
      expect(await log.wait("transfer-ended")).toMatchObject({ result: "complete", sentBytes: sizeBytes });
      expect(log.of("bug")).toEqual([]);
      expect(log.of("malformed")).toEqual([]);
    },
    30_000,
  );

  test("the same file as a hundred others at once", async () => {
    const file = patternBytes(100_000);
    const { port } = await serveSingle({ file });
    const fetches = Array.from({ length: 100 }, () => fetchFile(port, { filename: NAME, options: [] }));
    for (const outcome of await Promise.all(fetches)) {
      expect(outcome.type === "complete" && Buffer.compare(outcome.bytes, file)).toBe(0);
    }
  });
});

test("everything comes from the port that was asked: OACK, data and errors", async () => {
  const { port } = await serveSingle({ file: FILE });
  const peer = await rawPeer();
  peer.send(rrq(NAME, { blksize: 1400 }), port);
  expect(await peer.next()).toMatchObject({ packet: { type: "OACK" }, port });
  peer.send(ack(0), port);
  expect(await peer.next()).toMatchObject({ packet: { type: "DATA", block: 1 }, port });
  peer.send(error(0, "enough"), port);
  peer.send(rrq("nothing.efi"), port);
  expect(await peer.next()).toMatchObject({ packet: { type: "ERROR", code: 1 }, port });
  peer.send(Uint8Array.of(0, 1, 65), port);
  expect(await peer.next()).toMatchObject({ packet: { type: "ERROR", code: 4 }, port });
});

test("clients are told apart by their address and port", async () => {
  const { port } = await serveSingle({ file: FILE, other: patternBytes(600, 7) });
  const [a, b] = [await rawPeer(), await rawPeer()];
  a.send(rrq(NAME), port);
  b.send(rrq(`${MEDIA}/other`), port);
  expect((await a.next()).packet).toMatchObject({ block: 1, data: Buffer.from(FILE.subarray(0, 512)) });
  expect((await b.next()).packet).toMatchObject({
    block: 1,
    data: Buffer.from(patternBytes(600, 7).subarray(0, 512)),
  });
  a.send(ack(1), port);
  expect(summary((await a.next()).packet)).toBe("DATA 2");
  b.send(ack(1), port);
  expect(summary((await b.next()).packet)).toBe("DATA 2");
});

test("another request from the port of a transfer under way ends that one and begins a new one", async () => {
  const { port, log } = await serveSingle({ file: FILE, other: patternBytes(600, 7) });
  const peer = await rawPeer();
  peer.send(rrq(NAME), port);
  await peer.next();
  peer.send(ack(1), port);
  expect(summary((await peer.next()).packet)).toBe("DATA 2");
  peer.send(rrq(`${MEDIA}/other`, { tsize: 0 }), port);
  expect(summary((await peer.next()).packet)).toBe("OACK tsize=600");
  expect(await log.wait("transfer-ended")).toMatchObject({ result: "aborted", path: NAME });
  // What the old one still had under way does not confuse the new one.
  peer.send(ack(2), port);
  peer.send(ack(0), port);
  expect(summary((await peer.next()).packet)).toBe("DATA 1");
});

test("what belongs to no transfer is not answered, and the client's next request is", async () => {
  const { port, log } = await serveSingle({ file: patternBytes(100) });
  const peer = await rawPeer();
  peer.send(ack(7), port);
  peer.send(error(5, "unknown transfer"), port);
  peer.send(rrq(NAME), port);
  expect(summary((await peer.next()).packet)).toBe("DATA 1");
  peer.send(ack(1), port);
  peer.send(ack(1), port);
  await log.wait("transfer-ended");
  peer.send(rrq(NAME), port);
  expect(summary((await peer.next()).packet)).toBe("DATA 1");
  expect(peer.pending()).toEqual([]);
  expect(log.of("malformed")).toEqual([]);
});

test("when the server stops, what is under way is told from that port, and nothing stays open", async () => {
  const shelf = memoryShelf(new Map([["file", FILE]]));
  const { port, server, log } = await serve({ file: FILE }, shelf, SINGLE);
  const peer = await rawPeer();
  peer.send(rrq(NAME), port);
  await peer.next();
  await server.close();
  expect(await peer.next()).toMatchObject({ packet: { type: "ERROR" }, port });
  expect(await log.wait("transfer-ended")).toMatchObject({ result: "failed" });
});

test("ten thousand random and mutated datagrams leave it serving", async () => {
  const { log, servesStill } = await attackTftp(10_000, true);
  expect(servesStill).toBe(true);
  expect(log.of("bug")).toEqual([]);
  expect(log.of("transfer-ended").length).toBe(log.of("transfer-started").length);
}, 60_000);
