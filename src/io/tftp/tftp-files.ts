/**
 * Files as DATA packets, ready to send, shared by all transfers that want the same ones.
 *
 * A rack that boots asks for one boot program a thousand times: it is opened once, read once for
 * each block size, and kept only while somebody uses it.
 */

import { lastBlock } from "../../boot/tftp/transfer.ts";
import { DATA_HEADER_BYTES, frameInPlace } from "../../wire/tftp/data-frames.ts";
import { type OpenFile, StaleFileError } from "../open-file.ts";
import { createRecentlyUsed } from "./recently-used.ts";

/** Consecutive blocks of one file as DATA packets back to back. Never changed, so it may wait in a send queue. */
export interface Chunk {
  /** Number of its first block in the file, from 1. */
  readonly first: number;
  readonly last: number;
  /** Every packet but the file's last has `blockSize + 4` bytes. */
  readonly packets: Uint8Array;
}

/** One file, as long as at least one transfer uses it. */
export interface SharedFile {
  readonly sizeBytes: number;
  /** The chunk that holds `block`, if it is in memory. */
  peek(block: number, blockSize: number): Chunk | undefined;
  /** Reads the chunk that holds `block`; asked for by many at once, it is read once. @throws {@link StaleFileError} */
  load(block: number, blockSize: number): Promise<Chunk>;
  /** Call once, when the transfer is over. */
  release(): void;
}

export interface TftpFiles {
  /**
   * Opens a file, or shares the one that is open under the same key.
   *
   * @param key - the same key means the same bytes
   * @returns `undefined` if `open` finds none
   */
  acquire(key: string, open: () => Promise<OpenFile | undefined>): Promise<SharedFile | undefined>;
}

/** Data read at once: two windows of the largest size and more, and little enough for a thousand transfers to hold. */
const CHUNK_BYTES = 256 * 1024;

/** A file that some transfers use, or are about to. */
interface Entry {
  readonly id: string;
  readonly key: string;
  users: number;
  readonly opening: Promise<OpenFile | undefined>;
  readonly loading: Map<string, Promise<Chunk>>;
}

/**
 * @param budgetBytes - chunks kept for whoever comes next; beyond it the longest unused go. A
 * transfer holds on to the chunk that it is sending, whatever the budget.
 */
export function createTftpFiles(budgetBytes: number): TftpFiles {
  const entries = new Map<string, Entry>();
  const cache = createRecentlyUsed<Chunk>(budgetBytes);
  let entriesMade = 0;

  function enter(key: string, open: () => Promise<OpenFile | undefined>): Entry {
    const entry = entries.get(key) ?? {
      id: `${entriesMade++}`,
      key,
      users: 0,
      opening: open(),
      loading: new Map(),
    };
    entry.users++;
    entries.set(key, entry);
    return entry;
  }

  /** Whoever asks from now on gets the file as it is then. */
  function retire(entry: Entry): void {
    if (entries.get(entry.key) === entry) entries.delete(entry.key);
  }

  async function leave(entry: Entry): Promise<void> {
    entry.users--;
    if (entry.users > 0) return;
    retire(entry);
    cache.drop(`${entry.id} `);
    await Promise.allSettled(entry.loading.values());
    const file = await entry.opening.catch(() => undefined);
    file?.close();
  }

  function load(entry: Entry, file: OpenFile, block: number, blockSize: number): Promise<Chunk> {
    const key = chunkKey(entry, block, blockSize);
    const underWay = entry.loading.get(key);
    if (underWay !== undefined) return underWay;
    const loading = readChunk(file, block, blockSize)
      .then((chunk) => {
        if (entry.users > 0) cache.put(key, chunk, chunk.packets.length);
        return chunk;
      })
      .catch((error: unknown) => {
        retire(entry);
        throw error;
      })
      .finally(() => entry.loading.delete(key));
    entry.loading.set(key, loading);
    return loading;
  }

  return {
    async acquire(key, open) {
      const entry = enter(key, open);
      const file = await entry.opening.catch(async (error: unknown) => {
        await leave(entry);
        throw error;
      });
      if (file === undefined) {
        await leave(entry);
        return undefined;
      }
      return {
        sizeBytes: file.sizeBytes,
        peek: (block, blockSize) => cache.get(chunkKey(entry, block, blockSize)),
        load: (block, blockSize) => load(entry, file, block, blockSize),
        release: () => void leave(entry).catch(() => undefined), // A descriptor that does not close is no news to a client.
      };
    },
  };
}

function blocksPerChunk(blockSize: number): number {
  return Math.max(1, Math.floor(CHUNK_BYTES / blockSize));
}

function chunkKey(entry: Entry, block: number, blockSize: number): string {
  return `${entry.id} ${blockSize} ${Math.floor((block - 1) / blocksPerChunk(blockSize))}`;
}

async function readChunk(file: OpenFile, block: number, blockSize: number): Promise<Chunk> {
  const perChunk = blocksPerChunk(blockSize);
  const first = Math.floor((block - 1) / perChunk) * perChunk + 1;
  const last = Math.min(first + perChunk - 1, lastBlock(file.sizeBytes, blockSize));
  const count = last - first + 1;
  const position = (first - 1) * blockSize;
  const dataBytes = Math.min(count * blockSize, file.sizeBytes - position);
  const packets = new Uint8Array(count * DATA_HEADER_BYTES + dataBytes);
  await fill(file, packets.subarray(count * DATA_HEADER_BYTES), position);
  frameInPlace(packets, first, count, blockSize);
  return { first, last, packets };
}

/**
 * Fills `into` with the file's bytes from `position` on.
 *
 * @throws {@link StaleFileError} for a file that is shorter than it said: padded, its end would pass for the real one
 */
export async function fill(file: OpenFile, into: Uint8Array, position: number): Promise<void> {
  let filled = 0;
  while (filled < into.length) {
    const got = await file.read(into.subarray(filled), position + filled);
    if (got === 0) {
      throw new StaleFileError(`the file ends at ${position + filled}, before its ${file.sizeBytes} bytes`);
    }
    filled += got;
  }
}
