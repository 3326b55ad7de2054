/** Looks at the folders that a server writes to, and at their disks; writes nothing. */

import { constants } from "node:fs";
import { access, stat, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { DiskRoom, StateFacts, WrittenDisk, WrittenFolder } from "../../boot/doctor/facts.ts";
import { readStore } from "../store/sqlite-store.ts";
import { storeError } from "../store/store-error.ts";

/** What can be known of it without a server's lock on it. */
export async function readStateFacts(folder: string): Promise<StateFacts> {
  const place = await nearest(folder);
  const trouble = (await readTrouble(folder)) ?? (await writeTrouble(folder, place));
  const room = await roomOf(place);
  return { folder, ...(trouble === undefined ? {} : { trouble }), ...(room === undefined ? {} : { room }) };
}

/** The disks of folders that are on another one than `told`, and than each other. */
export async function readDisks(
  told: string,
  folders: readonly WrittenFolder[],
): Promise<readonly WrittenDisk[]> {
  const devices = new Set([await deviceOf(await nearest(told))]);
  const disks: WrittenDisk[] = [];
  for (const each of folders) {
    const place = await nearest(each.folder);
    const [device, room] = [await deviceOf(place), await roomOf(place)];
    if (room === undefined || devices.has(device)) continue;
    devices.add(device);
    disks.push({ ...each, room });
  }
  return disks;
}

async function deviceOf(place: string): Promise<number | undefined> {
  return stat(place).then(
    ({ dev }) => dev,
    () => undefined,
  );
}

async function roomOf(place: string): Promise<DiskRoom | undefined> {
  return statfs(place).then(
    ({ bavail, bsize, files, ffree }) => ({
      freeBytes: bavail * bsize,
      // Btrfs and ZFS make inodes as they are needed, and tell of none.
      ...(files === 0 ? {} : { freeInodes: ffree }),
    }),
    () => undefined,
  );
}

/** The folder, or what is there of the way to it, where it would be made. */
async function nearest(folder: string): Promise<string> {
  const parent = dirname(folder);
  return (await mayUse(folder, constants.F_OK)) === undefined || parent === folder ? folder : nearest(parent);
}

async function readTrouble(folder: string): Promise<StateFacts["trouble"]> {
  try {
    await (await readStore(folder))?.close();
    return undefined;
  } catch (error) {
    const { message: text, cure } = storeError(folder, error);
    return { text, cure };
  }
}

async function writeTrouble(folder: string, place: string): Promise<StateFacts["trouble"]> {
  const refused = await mayUse(place, constants.W_OK | constants.X_OK);
  if (refused === undefined) return undefined;
  const { message: text, cure } = storeError(join(folder, "mayfly.sqlite"), refused);
  return { text, cure };
}

function mayUse(path: string, mode: number): Promise<unknown> {
  return access(path, mode).then(
    () => undefined,
    (error: unknown) => error,
  );
}
