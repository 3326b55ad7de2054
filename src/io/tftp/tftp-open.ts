/** Opens what a TFTP name stands for, shared with the transfers that already send it. */

import type { PiSource } from "../../boot/rpi4/layers.ts";
import type { ServedRoute } from "../../boot/tftp/route.ts";
import { MAX_NETASCII_BYTES } from "../../boot/tftp/tftp-refuse.ts";
import { encodeNetascii } from "../../wire/tftp/netascii.ts";
import { type FileShelf, type OpenFile, openBytes, StaleFileError } from "../open-file.ts";
import type { PatchedFirmware } from "./patched-firmware.ts";
import { fill, type SharedFile, type TftpFiles } from "./tftp-files.ts";

/**
 * A boot program may be replaced where it lies, under the same name and size. Whoever asks this much
 * later gets it as it is then; those that are being sent the old one get the rest of it.
 */
const SHARE_PROGRAM_MS = 5000;

/** Where files are found and shared. */
export interface OpenPlaces {
  readonly files: TftpFiles;
  readonly shelf: FileShelf;
  readonly patched: PatchedFirmware;
}

/**
 * @returns `undefined` when the file has gone since it was published
 * @throws {@link StaleFileError} when it was overwritten since
 */
export function openRouted(
  route: ServedRoute,
  netascii: boolean,
  { files, shelf, patched }: OpenPlaces,
): Promise<SharedFile | undefined> {
  const open = () => openPlain(route, shelf, patched);
  if (!netascii) return files.acquire(keyOf(route), open);
  return files.acquire(`netascii ${keyOf(route)}`, async () => {
    const file = await open();
    return file === undefined ? undefined : translate(file);
  });
}

/** Names the bytes, not only the place: two transfers share what has the same key. */
function keyOf(route: ServedRoute): string {
  switch (route.type) {
    case "text":
      return `text ${route.text}`;
    case "bytes":
      return `bytes ${String.fromCharCode(...route.bytes)}`;
    case "media":
      return `media ${route.generation.id} ${route.file}`;
    case "program":
      return `program ${Math.floor(performance.now() / SHARE_PROGRAM_MS)} ${route.program.path}`;
    case "pi":
      return piKey(route.source);
  }
}

async function openPlain(
  route: ServedRoute,
  shelf: FileShelf,
  patched: PatchedFirmware,
): Promise<OpenFile | undefined> {
  switch (route.type) {
    case "text":
      return openBytes(new TextEncoder().encode(route.text));
    case "bytes":
      return openBytes(route.bytes);
    case "media":
      return shelf.openMedia(route.generation, route.file);
    case "program":
      return shelf.openProgram(route.program);
    case "pi":
      return openPi(route.source, shelf, patched);
  }
}

function piKey(source: PiSource): string {
  switch (source.type) {
    case "file":
      return `pi ${source.file.stamp} ${source.file.path}`;
    case "firmware":
      return `pi ${JSON.stringify(source.settings)} ${source.file.stamp} ${source.file.path}`;
    case "media":
      return `media ${source.generation.id} ${source.file}`;
    case "text":
      return `text ${source.text}`;
  }
}

async function openPi(
  source: PiSource,
  shelf: FileShelf,
  patched: PatchedFirmware,
): Promise<OpenFile | undefined> {
  switch (source.type) {
    case "file":
      return shelf.openProgram({ name: source.file.path, path: source.file.path });
    case "firmware": {
      const bytes = await patched.get(source, shelf);
      return bytes === undefined ? undefined : openBytes(bytes);
    }
    case "media":
      return shelf.openMedia(source.generation, source.file);
    case "text":
      return openBytes(new TextEncoder().encode(source.text));
  }
}

async function translate(file: OpenFile): Promise<OpenFile> {
  try {
    if (file.sizeBytes > MAX_NETASCII_BYTES) throw new StaleFileError("it has grown since it was published");
    const bytes = new Uint8Array(file.sizeBytes);
    await fill(file, bytes, 0);
    return openBytes(encodeNetascii(bytes));
  } finally {
    file.close();
  }
}
