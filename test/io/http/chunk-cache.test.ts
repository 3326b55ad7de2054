import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ChunkCache, createChunkCache, type Piece } from "../../../src/io/http/chunk-cache.ts";
import type { OpenFile } from "../../../src/io/open-file.ts";

interface CountedFile extends OpenFile {
  readonly buffers: Set<ArrayBufferLike>;
  reads: number;
}

/** A file whose byte at each place tells which file and place it is. */
function fileOf(seed: number, sizeBytes: number): CountedFile {
  const buffers = new Set<ArrayBufferLike>();
  const file: CountedFile = {
    sizeBytes,
    buffers,
    reads: 0,
    async read(into, position) {
      file.reads++;
      buffers.add(into.buffer);
      const count = Math.max(0, Math.min(into.length, sizeBytes - position));
      await Promise.resolve();
      for (let at = 0; at < count; at++) into[at] = byteAt(seed, position + at);
      return count;
    },
    close() {},
  };
  return file;
}

function byteAt(seed: number, position: number): number {
  return (seed * 31 + position * 7 + (position >> 8)) & 0xff;
}

function isRight(piece: Piece, seed: number, position: number): boolean {
  return piece.bytes.every((byte, at) => byte === byteAt(seed, position + at));
}

const small = (): ChunkCache => createChunkCache({ chunkBytes: 64, chunks: 3 });

describe("a chunk cache", () => {
  test("reads a chunk once for all who want it, and gives each its own beginning", async () => {
    const [first, second] = [fileOf(1, 200), fileOf(1, 200)];
    const cache = small();
    const pieces = await Promise.all([
      cache.read(first, "a", 0),
      cache.read(second, "a", 10),
      cache.read(second, "a", 63),
    ]);
    expect(pieces.map(({ bytes }) => bytes.length)).toEqual([64, 54, 1]);
    expect([first.reads, second.reads]).toEqual([1, 0]);
  });

  test("does not share what has no name", async () => {
    const file = fileOf(1, 200);
    const cache = small();
    for (let round = 0; round < 5; round++) (await cache.read(file, undefined, 0)).release();
    expect(file.reads).toBe(5);
    expect(file.buffers.size).toBe(1);
  });

  test("uses the buffers that it has again and again", async () => {
    const file = fileOf(1, 64 * 50);
    const cache = small();
    for (let position = 0; position < file.sizeBytes; position += 64)
      (await cache.read(file, "a", position)).release();
    expect(file.buffers.size).toBe(3);
  });

  test("never gives away a chunk that somebody holds: small private pieces take over", async () => {
    const file = fileOf(1, 1000);
    const cache = small();
    const held = await Promise.all([0, 64, 128].map((position) => cache.read(file, "a", position)));
    const more = await cache.read(file, "a", 192);
    expect(isRight(more, 1, 192)).toBe(true);
    expect(held.every((piece, index) => isRight(piece, 1, index * 64))).toBe(true);
    held[1]?.release();
    (await cache.read(file, "a", 640)).release();
    expect(held[0] && isRight(held[0], 1, 0) && held[2] && isRight(held[2], 1, 128)).toBe(true);
  });

  test("forgets a read that failed: the next reader has a file of its own", async () => {
    const cache = small();
    const bad: OpenFile = { ...fileOf(1, 200), read: () => Promise.reject(new Error("overwritten")) };
    for (let round = 0; round < 10; round++)
      await expect(cache.read(bad, "a", 0)).rejects.toThrow("overwritten");
    expect(isRight(await cache.read(fileOf(1, 200), "a", 0), 1, 0)).toBe(true);
  });

  test("a file that ends early is an error, not an endless loop", async () => {
    await expect(small().read(fileOf(1, 0), "a", 0)).rejects.toThrow("ends before its size");
  });

  test("in any order of reading and releasing, what is held is right and the buffers are bounded", async () => {
    const step = fc.record({ seed: fc.nat(2), position: fc.nat(999), keep: fc.nat(4) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const files = [0, 1, 2].map((seed) => fileOf(seed, 1000));
        const cache = small();
        const held: { piece: Piece; seed: number; position: number }[] = [];
        for (const { seed, position, keep } of steps) {
          const file = files[seed] ?? fileOf(seed, 1000);
          held.push({ piece: await cache.read(file, String(seed), position), seed, position });
          while (held.length > keep) held.shift()?.piece.release();
          for (const { piece, ...at } of held) expect(isRight(piece, at.seed, at.position)).toBe(true);
        }
        const shared = files
          .flatMap(({ buffers }) => [...buffers])
          .filter((buffer) => buffer.byteLength === 64);
        expect(new Set(shared).size).toBeLessThanOrEqual(3);
      }),
    );
  });
});
