import { describe, expect, test } from "vitest";
import { encodePacket } from "../../../src/wire/tftp/packet.ts";
import { memoryShelf, patternBytes } from "../../support/memory-shelf.ts";
import { ack, error, MEDIA, rawPeer, rrq, serve, summary } from "../../support/tftp-rig.ts";

describe("the conversation, packet for packet", () => {
  const file = patternBytes(3000);

  test("EDK2 asks for the size, aborts, and asks again from the next port (T1, capture ovmf12-proxy-option67-4011)", async () => {
    const { port, log } = await serve({ file });
    const [probe, earnest] = [await rawPeer(), await rawPeer()];
    probe.send(rrq(`${MEDIA}/file`, { tsize: 0, blksize: 1468, windowsize: 4 }), port);
    const oack = await probe.next();
    expect(summary(oack.packet)).toBe("OACK tsize=3000 blksize=1468 windowsize=4");
    probe.send(error(8, "User aborted the transfer"), oack.port);
    expect(await log.wait("transfer-ended")).toMatchObject({ result: "probed", sentBytes: 0 });

    earnest.send(rrq(`${MEDIA}/file`, { blksize: 1468, windowsize: 4 }), port);
    const second = await earnest.next();
    expect(summary(second.packet)).toBe("OACK blksize=1468 windowsize=4");
    expect(second.port).not.toBe(oack.port);
    earnest.send(ack(0), second.port);
    for (const block of [1, 2, 3]) expect(summary((await earnest.next()).packet)).toBe(`DATA ${block}`);
    earnest.send(ack(3), second.port);
    expect(await log.wait("transfer-ended", ({ result }) => result === "complete")).toMatchObject({
      sentBytes: 3000,
    });
    expect(probe.pending()).toEqual([]);
  });

  test("a Raspberry Pi ends its probe after the first block (T1)", async () => {
    const { port, log } = await serve({ file });
    const pi = await rawPeer();
    pi.send(rrq(`${MEDIA}/file`, { tsize: 0, blksize: 1024 }), port);
    const oack = await pi.next();
    pi.send(ack(0), oack.port);
    expect(summary((await pi.next()).packet)).toBe("DATA 1");
    pi.send(error(0, "Early terminate"), oack.port);
    expect(await log.wait("transfer-ended")).toMatchObject({ result: "probed", reason: "Early terminate" });
  });

  test("every ACK sent twice brings every block once (T3, the Sorcerer's Apprentice)", async () => {
    const { port, log } = await serve({ file });
    const peer = await rawPeer();
    peer.send(rrq(`${MEDIA}/file`), port);
    const seen: number[] = [];
    for (;;) {
      const { packet, port: tid } = await peer.next();
      if (packet.type !== "DATA") throw new Error(summary(packet));
      seen.push(packet.block);
      peer.send(ack(packet.block), tid);
      peer.send(ack(packet.block), tid);
      if (packet.data.length < 512) break;
    }
    await log.wait("transfer-ended");
    expect(seen).toEqual([1, 2, 3, 4, 5, 6]);
    expect(peer.pending()).toEqual([]);
  });

  test("an ACK inside the window goes back to what follows it (T3)", async () => {
    const { port } = await serve({ file });
    const peer = await rawPeer();
    peer.send(rrq(`${MEDIA}/file`, { windowsize: 4 }), port);
    const { port: tid } = await peer.next();
    peer.send(ack(0), tid);
    for (const block of [1, 2, 3, 4]) expect(summary((await peer.next()).packet)).toBe(`DATA ${block}`);
    peer.send(ack(2), tid);
    for (const block of [3, 4, 5, 6]) expect(summary((await peer.next()).packet)).toBe(`DATA ${block}`);
  });

  test("a packet from elsewhere gets ERROR 5, and the transfer goes on", async () => {
    const { port, log } = await serve({ file });
    const [peer, stranger] = [await rawPeer(), await rawPeer()];
    peer.send(rrq(`${MEDIA}/file`, { blksize: 1468 }), port);
    const { port: tid } = await peer.next();
    stranger.send(ack(0), tid);
    stranger.send(error(0, "stop"), tid);
    for (let i = 0; i < 2; i++) expect(summary((await stranger.next()).packet)).toBe("ERROR 5");
    peer.send(ack(0), tid);
    for (const block of [1, 2, 3]) {
      expect(summary((await peer.next()).packet)).toBe(`DATA ${block}`);
      peer.send(ack(block), tid);
    }
    expect(await log.wait("transfer-ended")).toMatchObject({ result: "complete" });
  });

  test("the same request again, before any ACK, is answered again and starts no second transfer", async () => {
    const { port, log } = await serve({ file });
    const peer = await rawPeer();
    const request = rrq(`${MEDIA}/file`, { blksize: 1468 });
    peer.send(request, port);
    const first = await peer.next();
    peer.send(request, port);
    const second = await peer.next();
    expect(second).toEqual(first);
    expect(log.of("transfer-started")).toHaveLength(1);
  });

  test("another request from the same port ends the first transfer and starts its own", async () => {
    const { port, log } = await serve({ file, other: patternBytes(10, 2) });
    const peer = await rawPeer();
    peer.send(rrq(`${MEDIA}/file`), port);
    const first = await peer.next();
    peer.send(rrq(`${MEDIA}/other`), port);
    const second = await peer.next();
    expect(second.port).not.toBe(first.port);
    expect(second.packet).toMatchObject({ type: "DATA", block: 1 });
    peer.send(ack(1), second.port);
    await log.wait("transfer-ended", ({ result }) => result === "complete");
    expect(log.of("transfer-ended").map(({ result }) => result)).toEqual(["aborted", "complete"]);
  });

  test("a block that nobody acknowledges comes again", async () => {
    const { port } = await serve({ file });
    const peer = await rawPeer();
    peer.send(rrq(`${MEDIA}/file`), port);
    const first = await peer.next();
    expect(await peer.next()).toEqual(first);
  });
});

describe("what is refused", () => {
  test.each<[string, Uint8Array, number]>([
    ["a file that is not there (T7)", rrq("nonexist.efi", { tsize: 0, blksize: 1468 }), 1],
    ["a way out", rrq(`${MEDIA}/../../etc/passwd`), 2],
    ["a file of a generation that has gone", rrq("media/gone/bzImage"), 1],
    ["writing", encodePacket({ type: "WRQ", filename: "a", mode: "octet", options: [] }), 2],
    ["mail", encodePacket({ type: "RRQ", filename: "a", mode: "mail", options: [] }), 4],
    ["a request cut short", Uint8Array.of(0, 1, 97), 4],
  ])("%s gets an ERROR with a text, at once", async (_what, request, code) => {
    const { port } = await serve({});
    const peer = await rawPeer();
    peer.send(request, port);
    const { packet, port: from } = await peer.next();
    expect(packet).toMatchObject({
      type: "ERROR",
      code,
      message: expect.stringMatching(/^[\x20-\x7e]{10,}$/),
    });
    expect(from).not.toBe(port);
  });

  test("a file that has gone from the disk is refused before any OACK (T7)", async () => {
    const { port, log } = await serve({ file: patternBytes(10) }, memoryShelf(new Map()));
    const peer = await rawPeer();
    peer.send(rrq(`${MEDIA}/file`, { tsize: 0 }), port);
    expect(summary((await peer.next()).packet)).toBe("ERROR 1");
    expect(log.of("refused")).toHaveLength(1);
  });

  test("packets that are no request are not answered: two servers would answer each other for ever", async () => {
    const { port, log } = await serve({ file: patternBytes(10) });
    const peer = await rawPeer();
    for (const bytes of [
      ack(1),
      error(0, "x"),
      Uint8Array.of(),
      Uint8Array.of(0, 9, 9),
      Uint8Array.of(0, 3, 0, 1),
    ]) {
      peer.send(bytes, port);
    }
    peer.send(rrq(`${MEDIA}/file`), port);
    expect(summary((await peer.next()).packet)).toBe("DATA 1");
    expect(log.of("malformed")).toHaveLength(5);
  });
});
