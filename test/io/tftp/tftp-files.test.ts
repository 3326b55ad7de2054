import { createSocket } from "node:dgram";
import { once } from "node:events";
import { afterEach, describe, expect, test } from "vitest";
import { type OpenFile, openBytes, StaleFileError } from "../../../src/io/open-file.ts";
import { createRecentlyUsed } from "../../../src/io/tftp/recently-used.ts";
import { createBlockSender } from "../../../src/io/tftp/tftp-blocks.ts";
import { createTftpFiles, type SharedFile } from "../../../src/io/tftp/tftp-files.ts";
import { openOwnPort } from "../../../src/io/tftp/tftp-port.ts";
import { loadSegmenter, type Segmenter } from "../../../src/io/tftp/udp-segment.ts";
import { patternBytes } from "../../support/memory-shelf.ts";

/** A file that counts what is done with it. */
function countedFile(bytes: Uint8Array) {
  const counts = { opened: 0, read: 0, closed: 0 };
  const memory = openBytes(bytes);
  const open = async (): Promise<OpenFile> => {
    counts.opened++;
    return {
      sizeBytes: memory.sizeBytes,
      read: (into, position) => {
        counts.read++;
        return memory.read(into, position);
      },
      close: () => void counts.closed++,
    };
  };
  return { counts, open };
}

const must = (file: SharedFile | undefined): SharedFile => {
  if (file === undefined) throw new Error("there is no file");
  return file;
};

describe("files are shared", () => {
  test("by all that want the same one: opened once, each part read once, closed after the last", async () => {
    const { counts, open } = countedFile(patternBytes(600_000));
    const files = createTftpFiles(10_000_000);
    const shared = await Promise.all(
      Array.from({ length: 5 }, async () => must(await files.acquire("a", open))),
    );
    await Promise.all(shared.map((file) => file.load(1, 1000)));
    expect(counts).toEqual({ opened: 1, read: 1, closed: 0 });
    expect(shared[4]?.peek(262, 1000)).toMatchObject({ first: 1, last: 262 });
    expect(shared[4]?.peek(263, 1000)).toBeUndefined();
    for (const file of shared.slice(1)) file.release();
    expect(counts.closed).toBe(0);
    shared[0]?.release();
    await expect.poll(() => counts.closed).toBe(1);
    const again = must(await files.acquire("a", open));
    expect(counts.opened).toBe(2);
    expect(again.peek(1, 1000)).toBeUndefined();
  });

  test("but not once a read of it has failed: whoever comes then gets the new one", async () => {
    const files = createTftpFiles(10_000_000);
    let version = 1;
    const open = async (): Promise<OpenFile> => {
      const file = openBytes(patternBytes(5000, version));
      return version === 1 ? { ...file, read: () => Promise.reject(new StaleFileError("changed")) } : file;
    };
    const old = must(await files.acquire("a", open));
    await expect(old.load(1, 512)).rejects.toThrow(StaleFileError);
    version = 2;
    const fresh = must(await files.acquire("a", open));
    expect((await fresh.load(1, 512)).last).toBe(10);
  });

  test("and a file that is not there, or cannot be opened, leaves nothing behind", async () => {
    const files = createTftpFiles(1000);
    expect(await files.acquire("a", async () => undefined)).toBeUndefined();
    await expect(files.acquire("a", () => Promise.reject(new Error("EACCES")))).rejects.toThrow("EACCES");
    expect(await files.acquire("a", async () => openBytes(patternBytes(1)))).toBeDefined();
  });
});

test("the cache lets go of what was not used for longest, once it is full", () => {
  const cache = createRecentlyUsed<string>(100);
  cache.put("1 a", "a", 40);
  cache.put("1 b", "b", 40);
  expect(cache.get("1 a")).toBe("a");
  cache.put("2 c", "c", 40);
  expect([cache.get("1 a"), cache.get("1 b"), cache.get("2 c")]).toEqual(["a", undefined, "c"]);
  cache.drop("1 ");
  expect([cache.get("1 a"), cache.get("2 c")]).toEqual([undefined, "c"]);
  cache.put("3 d", "larger than all", 1000);
  expect(cache.get("3 d")).toBeUndefined();
});

describe("blocks leave as packets of their own", () => {
  const sockets: { close(): void }[] = [];
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.close();
  });

  async function sendBlocks(segmenter: Segmenter | undefined, windowSize: number): Promise<number[]> {
    const receiver = createSocket("udp4");
    receiver.bind(0, "127.0.0.1");
    await once(receiver, "listening");
    const port = await openOwnPort("127.0.0.1", segmenter);
    sockets.push(receiver, port);
    const blockSize = 1468;
    const files = createTftpFiles(0);
    const file = must(await files.acquire("a", async () => openBytes(patternBytes(blockSize * 400 + 100))));
    const peer = { address: "127.0.0.1", port: receiver.address().port };
    const agreed = { blockSize, windowSize, answer: [] };
    const { promise, resolve, reject } = Promise.withResolvers<number[]>();
    const sender = createBlockSender({ peer, port, agreed, file }, reject);
    const sizes: number[] = [];
    receiver.on("message", (bytes) => {
      const block = bytes.readUInt16BE(2);
      sizes.push(bytes.length);
      if (block !== sizes.length) reject(new Error(`block ${block} came as number ${sizes.length}`));
      if (bytes.length < blockSize + 4) resolve(sizes);
      else if (block % windowSize === 0) sender.send(block + 1, Math.min(block + windowSize, 401));
    });
    sender.send(1, windowSize);
    return promise;
  }
  const expected = [...Array<number>(400).fill(1472), 104];

  test("one by one where the kernel is not asked to cut", async () => {
    expect(await sendBlocks(undefined, 20)).toEqual(expected);
    expect(await sendBlocks(undefined, 1)).toEqual(expected);
  });

  test("many at once where it is", async () => {
    const segmenter = await loadSegmenter();
    const calls: number[] = [];
    const watched: Segmenter = (socket, bytes) => {
      calls.push(bytes);
      return segmenter?.(socket, bytes) ?? false;
    };
    expect(await sendBlocks(watched, 60)).toEqual(expected);
    expect(calls).toEqual([1472]);
    expect(await sendBlocks(watched, 1)).toEqual(expected);
    expect(calls).toEqual([1472]);
  });
});
