/**
 * Chunks of files in memory, shared by everyone who reads the same file at the same time.
 *
 * When a rack boots, all of it reads one initrd within seconds; each chunk is then read once. The memory
 * is bounded: buffers are reused, and when all are held by slow clients, small private ones take over.
 */

import type { OpenFile } from "../open-file.ts";

/** Some bytes of a file, from the position that was asked for on. */
export interface Piece {
  readonly bytes: Uint8Array;
  /** Call once, when the bytes are not looked at any more: the buffer is used again. */
  release(): void;
}

export interface ChunkCache {
  /**
   * Reads from `position` on: at least one byte, up to the end of the chunk.
   *
   * @param key - says which bytes these are for ever, or `undefined` for a file that may change: not shared
   * @throws what {@link OpenFile.read} throws, and an Error at the end of the file
   */
  read(file: OpenFile, key: string | undefined, position: number): Promise<Piece>;
}

interface Chunk {
  readonly key: string | undefined;
  readonly buffer: Uint8Array;
  /** Bytes in it, once they are read. */
  readonly filled: Promise<number>;
  users: number;
}

const PRIVATE_PIECE_BYTES = 64 * 1024;

/**
 * Makes an empty cache.
 *
 * @param limits - chunkBytes: what is read at once, half a MiB; chunks: how many are kept, 64
 */
export function createChunkCache({ chunkBytes = 512 * 1024, chunks: maxChunks = 64 } = {}): ChunkCache {
  /** In the order of last use. */
  const chunks = new Map<string, Chunk>();
  const free: Uint8Array[] = [];
  let allocated = 0;

  function takeBuffer(): Uint8Array | undefined {
    const spare = free.pop();
    if (spare !== undefined) return spare;
    if (allocated < maxChunks) {
      allocated++;
      return new Uint8Array(chunkBytes);
    }
    const unused = [...chunks].find(([, chunk]) => chunk.users === 0);
    if (unused === undefined) return undefined;
    chunks.delete(unused[0]);
    return unused[1].buffer;
  }

  function leave(chunk: Chunk): void {
    chunk.users--;
    const isKept = chunk.key !== undefined && chunks.get(chunk.key) === chunk;
    if (chunk.users === 0 && !isKept) free.push(chunk.buffer);
  }

  function startChunk(file: OpenFile, key: string | undefined, position: number): Chunk | undefined {
    const buffer = takeBuffer();
    if (buffer === undefined) return undefined;
    const chunk: Chunk = { key, buffer, filled: file.read(buffer, position), users: 0 };
    if (key === undefined) return chunk;
    chunks.set(key, chunk);
    // The next reader has a file of its own, which may still be sound.
    chunk.filled.catch(() => chunks.get(key) === chunk && chunks.delete(key));
    return chunk;
  }

  async function readPrivately(file: OpenFile, position: number): Promise<Piece> {
    const buffer = new Uint8Array(PRIVATE_PIECE_BYTES);
    const count = await file.read(buffer, position);
    return { bytes: nonEmpty(buffer.subarray(0, count)), release: () => {} };
  }

  return {
    async read(file, key, position) {
      const start = position - (position % chunkBytes);
      const chunkKey = key === undefined ? undefined : `${start} ${key}`;
      const known = chunkKey === undefined ? undefined : chunks.get(chunkKey);
      const chunk = known ?? startChunk(file, chunkKey, start);
      if (chunk === undefined) return readPrivately(file, position);
      if (known !== undefined && chunkKey !== undefined) {
        chunks.delete(chunkKey);
        chunks.set(chunkKey, known);
      }
      chunk.users++;
      try {
        const count = await chunk.filled;
        const bytes = nonEmpty(chunk.buffer.subarray(position - start, count));
        return { bytes, release: () => leave(chunk) };
      } catch (error) {
        leave(chunk);
        throw error;
      }
    },
  };
}

function nonEmpty(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0) throw new Error("the file ends before its size");
  return bytes;
}
