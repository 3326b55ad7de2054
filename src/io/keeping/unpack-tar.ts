/** Unpacks a tar archive as it comes in, in any of the forms that today's programs write. */

import { BLOCK_BYTES, decodePaxRecords, decodeTarHeader, type TarHeader } from "../../wire/tar/header.ts";
import { refuse, type Unpacking } from "./unpacking.ts";

/** A name, or a list of properties; more is an attack. */
const MAX_EXTRA_BYTES = 64 * 1024;

/**
 * @param source - as people know it
 * @throws {@link import("./archive-error.ts").ImportError} for an archive that is damaged or hostile
 */
export async function unpackTar(
  source: string,
  chunks: AsyncIterable<Uint8Array>,
  into: Unpacking,
): Promise<void> {
  const reader = readerOf(chunks);
  let extra: Partial<TarHeader> = {};
  for (;;) {
    const block = await reader.take(BLOCK_BYTES);
    const own = block.length === 0 ? undefined : readOr(source, () => decodeTarHeader(block));
    if (own === undefined) break;
    const read = async () => {
      if (own.sizeBytes > MAX_EXTRA_BYTES) refuse(source, "a name in it is longer than any name is");
      const data = await reader.take(own.sizeBytes);
      await reader.skip(fillOf(own.sizeBytes));
      return data;
    };
    switch (own.type) {
      case "long-name":
        extra = { ...extra, name: untilZero(await read()) };
        continue;
      case "long-link":
        extra = { ...extra, target: untilZero(await read()) };
        continue;
      case "pax":
        extra = { ...extra, ...paxOf(source, await read()) };
        continue;
      case "pax-global":
        await read();
        continue;
    }
    await enter({ ...own, ...extra }, reader, into);
    extra = {};
  }
  await reader.drain();
}

async function enter(header: TarHeader, reader: Reader, into: Unpacking): Promise<void> {
  const { name, type, sizeBytes, target } = header;
  switch (type) {
    case "file":
      await into.file(name, sizeBytes, reader.stream(sizeBytes));
      await reader.skip(fillOf(sizeBytes));
      return;
    case "folder":
      into.folder(name);
      return;
    case "link":
      into.link(name, target);
      return;
    case "hard-link":
      return into.odd(name, `a hard link to ${target}: pack it with 'tar --hard-dereference'`);
    default:
      return into.odd(name, "neither a file nor a folder");
  }
}

function readOr<Value>(source: string, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    return refuse(source, `it is damaged, or no archive: ${(error as Error).message}`);
  }
}

function paxOf(source: string, data: Uint8Array): Partial<TarHeader> {
  const records = readOr(source, () => decodePaxRecords(data));
  const [path, target, size] = ["path", "linkpath", "size"].map((key) => records.get(key));
  if (size !== undefined && !/^\d{1,15}$/.test(size))
    refuse(source, "it is damaged: a size in it is no number");
  return {
    ...(path === undefined ? {} : { name: path }),
    ...(target === undefined ? {} : { target }),
    ...(size === undefined ? {} : { sizeBytes: Number(size) }),
  };
}

function untilZero(data: Uint8Array): string {
  return new TextDecoder().decode(data).replace(/\0.*$/s, "");
}

/** What fills the last block of an entry. */
function fillOf(sizeBytes: number): number {
  return (BLOCK_BYTES - (sizeBytes % BLOCK_BYTES)) % BLOCK_BYTES;
}

interface Reader {
  /** So many bytes, or what is left. */
  take(bytes: number): Promise<Uint8Array>;
  stream(bytes: number): AsyncIterable<Uint8Array>;
  skip(bytes: number): Promise<void>;
  /** Reads to the end, so that whoever writes is not cut off. */
  drain(): Promise<void>;
}

function readerOf(chunks: AsyncIterable<Uint8Array>): Reader {
  const iterator = chunks[Symbol.asyncIterator]();
  let left: Uint8Array = new Uint8Array();
  async function* stream(bytes: number): AsyncGenerator<Uint8Array> {
    for (let wanted = bytes; wanted > 0; ) {
      if (left.length === 0) {
        const next = await iterator.next();
        if (next.done === true) return;
        left = next.value;
      }
      const part = left.subarray(0, wanted);
      left = left.subarray(part.length);
      wanted -= part.length;
      yield part;
    }
  }
  return {
    stream,
    async take(bytes) {
      const parts: Uint8Array[] = [];
      for await (const part of stream(bytes)) parts.push(part);
      const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
      let at = 0;
      for (const part of parts) {
        whole.set(part, at);
        at += part.length;
      }
      return whole;
    },
    async skip(bytes) {
      for await (const _part of stream(bytes));
    },
    async drain() {
      while ((await iterator.next()).done !== true);
    },
  };
}
