import { afterEach, describe, expect, test } from "vitest";
import type { BootProgram } from "../../src/boot/program.ts";
import { type FileShelf, type OpenFile, StaleFileError } from "../../src/io/open-file.ts";
import { startTftpServer, type TftpServerOptions } from "../../src/io/tftp-server.ts";
import { createWorld } from "../../src/io/world.ts";
import { encodePacket, type TftpPacket } from "../../src/wire/tftp/packet.ts";
import { logEvents } from "../support/event-log.ts";
import {
  memoryShelf,
  openMemory,
  patternBytes,
  snapshotWith,
  TEST_GENERATION_ID,
} from "../support/memory-shelf.ts";
import type { ClientOutcome } from "../support/tftp-client.ts";
import { TRANSFER_SCENARIOS } from "../support/tftp-scenarios.ts";
import { fetchFile, openRawPeer, type RawPeer } from "../support/tftp-socket-client.ts";

const MEDIA = `media/${TEST_GENERATION_ID}`;
const PROGRAM: BootProgram = {
  name: "undionly.kpxe",
  kind: "bios-x86",
  path: "/p/undionly.kpxe",
  sizeBytes: 70_000,
};
const cleanUps: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function serve(
  files: Readonly<Record<string, Uint8Array>>,
  shelf: FileShelf = memoryShelf(new Map(Object.entries(files))),
  extra: Partial<TftpServerOptions> = {},
) {
  const sizes = new Map(Object.entries(files).map(([name, bytes]) => [name, bytes.length]));
  const world = createWorld(snapshotWith(sizes, files[PROGRAM.name] === undefined ? [] : [PROGRAM]));
  const log = logEvents(world);
  const server = await startTftpServer({
    world,
    shelf,
    interfaces: [{ interface: "lo", self: "127.0.0.1", mtu: 1500 }],
    ports: { http: 8080, tftp: 69 },
    port: 0,
    identifyScript: (base) => `#!ipxe\nchain ${base}/netboot.ipxe\n`,
    ...extra,
  });
  cleanUps.push(() => server.close());
  const port = server.ports.get("127.0.0.1") ?? 0;
  return { server, port, log, world };
}

async function rawPeer(): Promise<RawPeer> {
  const peer = await openRawPeer();
  cleanUps.push(() => peer.close());
  return peer;
}

const rrq = (filename: string, options: Record<string, number> = {}): Uint8Array =>
  encodePacket({
    type: "RRQ",
    filename,
    mode: "octet",
    options: Object.entries(options).map(([name, value]) => ({ name, value: String(value) })),
  });
const ack = (block: number) => encodePacket({ type: "ACK", block });
const error = (code: number, message: string) => encodePacket({ type: "ERROR", code, message });
const summary = (packet: TftpPacket) =>
  packet.type === "OACK"
    ? `OACK ${packet.options.map(({ name, value }) => `${name}=${value}`).join(" ")}`
    : packet.type === "DATA" || packet.type === "ACK"
      ? `${packet.type} ${packet.block}`
      : packet.type === "ERROR"
        ? `ERROR ${packet.code}`
        : packet.type;

function expectBytes(outcome: ClientOutcome, file: Uint8Array): void {
  if (outcome.type !== "complete") throw new Error(`ended as ${JSON.stringify(outcome)}`);
  expect(Buffer.compare(outcome.bytes, file)).toBe(0);
}

describe("over real sockets the client gets, byte for byte,", () => {
  test.each(TRANSFER_SCENARIOS.filter(({ simulatedOnly }) => simulatedOnly !== true))(
    "$title",
    async ({ sizeBytes, options }) => {
      const file = patternBytes(sizeBytes);
      const { port, log } = await serve({ file });
      expectBytes(await fetchFile(port, { filename: `${MEDIA}/file`, options }), file);
      const ended = await log.wait("transfer-ended");
      expect(ended).toMatchObject({
        result: "complete",
        sentBytes: sizeBytes,
        generation: TEST_GENERATION_ID,
      });
      expect(log.of("bug")).toEqual([]);
    },
    30_000,
  );

  test("a file of several megabytes, read in many pieces", async () => {
    const file = patternBytes(3_000_000);
    const { port } = await serve({ file });
    const options = [
      { name: "blksize", value: "1468" },
      { name: "windowsize", value: "16" },
    ];
    expectBytes(await fetchFile(port, { filename: `${MEDIA}/file`, options }), file);
  });

  test("the same file as fifty others at once, in different block sizes", async () => {
    const file = patternBytes(400_000);
    const opens: string[] = [];
    const shelf = memoryShelf(new Map([["file", file]]));
    const counting: FileShelf = {
      ...shelf,
      openMedia: (generation, name) => {
        opens.push(name);
        return shelf.openMedia(generation, name);
      },
    };
    const { port, log } = await serve({ file }, counting);
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        fetchFile(port, {
          filename: `${MEDIA}/file`,
          options: [
            { name: "blksize", value: `${[512, 1432, 1468][i % 3]}` },
            { name: "windowsize", value: `${1 + (i % 8)}` },
          ],
        }),
      ),
    );
    for (const outcome of outcomes) expectBytes(outcome, file);
    expect(log.of("bug")).toEqual([]);
    expect(opens.length).toBeLessThan(10);
  });

  test("a boot program by its flat name, and the iPXE script in any folder", async () => {
    const program = patternBytes(PROGRAM.sizeBytes);
    const { port, log } = await serve({ [PROGRAM.name]: program });
    expectBytes(await fetchFile(port, { filename: "undionly.kpxe\u00ff" }), program);
    const script = new TextEncoder().encode("#!ipxe\nchain http://127.0.0.1:8080/netboot.ipxe\n");
    expectBytes(await fetchFile(port, { filename: "efi/boot/autoexec.ipxe" }), script);
    expect(log.of("transfer-started").map(({ path }) => path)).toEqual([
      "undionly.kpxe",
      "efi/boot/autoexec.ipxe",
    ]);
  });

  test("netascii, where a client asks for it, with its line ends translated", async () => {
    const { port } = await serve({ text: new TextEncoder().encode("a\nb\r") });
    const outcome = await fetchFile(port, { filename: `${MEDIA}/text`, mode: "netascii" });
    expectBytes(outcome, new TextEncoder().encode("a\r\nb\r\0"));
  });
});

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

/** A file whose reads fail from `failsAt` on. */
function brokenShelf(bytes: Uint8Array, failsAt: number, failure: () => Error): FileShelf {
  const file = openMemory(bytes);
  const broken: OpenFile = {
    ...file,
    read(into, position) {
      if (position + into.length > failsAt) return Promise.reject(failure());
      return file.read(into, position);
    },
  };
  return { openMedia: async () => broken, openProgram: async () => broken };
}

describe("when the file fails under way", () => {
  const file = patternBytes(1_000_000);
  const options = [{ name: "blksize", value: "1468" }];

  test("a changed image ends as stale, and the client is told to boot again", async () => {
    const shelf = brokenShelf(file, 600_000, () => new StaleFileError("overwritten"));
    const { port, log } = await serve({ file }, shelf);
    const outcome = await fetchFile(port, { filename: `${MEDIA}/file`, options });
    expect(outcome).toMatchObject({ type: "refused", message: expect.stringMatching(/changed.*boot again/) });
    const ended = await log.wait("transfer-ended");
    expect(ended).toMatchObject({ result: "stale" });
    expect(ended.sentBytes).toBeLessThanOrEqual(600_000);
  });

  test("a disk that fails ends as failed", async () => {
    const shelf = brokenShelf(file, 300_000, () =>
      Object.assign(new Error("i/o error, read"), { code: "EIO" }),
    );
    const { port, log } = await serve({ file }, shelf);
    const outcome = await fetchFile(port, { filename: `${MEDIA}/file`, options });
    expect(outcome).toMatchObject({ type: "refused", message: expect.stringContaining("EIO") });
    expect(await log.wait("transfer-ended")).toMatchObject({ result: "failed", reason: "i/o error, read" });
    expect(log.of("bug")).toEqual([]);
  });

  test("a file that became shorter is not padded", async () => {
    const short = openMemory(file.subarray(0, 400_000));
    const lying = { ...short, sizeBytes: file.length };
    const { port, log } = await serve(
      { file },
      { openMedia: async () => lying, openProgram: async () => lying },
    );
    expect(await fetchFile(port, { filename: `${MEDIA}/file`, options })).toMatchObject({ type: "refused" });
    expect(await log.wait("transfer-ended")).toMatchObject({ result: "stale" });
  });
});

describe("the server itself", () => {
  test("closes every file when its transfers are over", async () => {
    let [opened, closed] = [0, 0];
    const file = patternBytes(50_000);
    const shelf: FileShelf = {
      async openMedia() {
        opened++;
        return { ...openMemory(file), close: () => void closed++ };
      },
      openProgram: async () => undefined,
    };
    const { port, server } = await serve({ file }, shelf);
    await Promise.all(Array.from({ length: 10 }, () => fetchFile(port, { filename: `${MEDIA}/file` })));
    const idle = await rawPeer();
    idle.send(rrq(`${MEDIA}/file`), port);
    await idle.next();
    await server.close();
    cleanUps.length = 0;
    expect(opened).toBeGreaterThan(0);
    expect(closed).toBe(opened);
    // What was under way is told why it ends.
    expect(await idle.next()).toMatchObject({
      packet: { type: "ERROR", message: expect.stringContaining("stopped") },
    });
    idle.close();
  });

  test("says which address it could not open", async () => {
    const { port } = await serve({});
    const options = { interfaces: [{ interface: "lo", self: "127.0.0.1", mtu: 1500 }], port };
    await expect(serve({}, undefined, options)).rejects.toThrow(`127.0.0.1:${port}`);
  });

  test("answers from the address that was asked, on each interface", async () => {
    const file = patternBytes(100);
    const interfaces = ["127.0.0.1", "127.0.0.2"].map((self, i) => ({
      interface: `lo${i}`,
      self,
      mtu: 1500,
    }));
    const { server } = await serve({ file }, undefined, { interfaces });
    expect([...server.ports.keys()]).toEqual(["127.0.0.1", "127.0.0.2"]);
  });
});
