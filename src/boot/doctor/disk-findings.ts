/** Whether the folders that a server writes to can be used, and have room left on their disks. */

import { formatBytes } from "../amount.ts";
import { RESERVE_BYTES } from "../image/make-room.ts";
import type { DiskRoom, StateFacts, WrittenDisk } from "./facts.ts";
import { type Finding, ok } from "./finding.ts";

/** A database that cannot be written loses what was approved; so much is always left for one. */
const LITTLE_BYTES = 200 * 1024 ** 2;
const NO_BYTES = 8 * 1024 ** 2;
const FEW_INODES = 1000;
const NO_INODES = 16;

export function stateFindings({ folder, trouble, room }: StateFacts): Finding[] {
  const folderFinding: Finding =
    trouble === undefined
      ? ok("state-folder", `${folder} can be used`)
      : { code: "state-folder", level: "fault", ...trouble };
  if (room === undefined) return [folderFinding];
  const cure = "choose another folder with '--state DIR'";
  return [folderFinding, ...roomFindings(folder, room, { littleBytes: LITTLE_BYTES, isVital: true, cure })];
}

/** Machines boot without a copy of their image, and with an older build of it. */
export function diskFindings({ folder, purpose, room }: WrittenDisk): Finding[] {
  return purpose === "store"
    ? roomFindings(folder, room, {
        littleBytes: RESERVE_BYTES,
        loss: "no copy of an image is made there",
        cure: "name another folder with 'storeFolder'",
      })
    : roomFindings(folder, room, {
        littleBytes: NO_BYTES,
        loss: "builds may not be able to leave their links there",
        cure: "choose another folder with '--media DIR'",
      });
}

interface Want {
  readonly littleBytes: number;
  /** What happens with less. */
  readonly loss?: string;
  /** Without any machines do not boot. */
  readonly isVital?: true;
  readonly cure: string;
}

function roomFindings(
  folder: string,
  { freeBytes, freeInodes }: DiskRoom,
  { littleBytes, loss, isVital, cure }: Want,
): Finding[] {
  const left = formatBytes(freeBytes);
  const so = loss === undefined ? "" : `: ${loss}`;
  const disk: Finding =
    freeBytes >= littleBytes
      ? ok("disk-room", `the disk of ${folder} has ${left} left`)
      : {
          code: "disk-room",
          level: isVital && freeBytes < NO_BYTES ? "fault" : "warning",
          text: `the disk of ${folder} has only ${left} left${so}`,
          cure: `make room ('df -h ${folder}'), or ${cure}`,
        };
  if (freeInodes === undefined || freeInodes >= FEW_INODES) return [disk];
  return [
    disk,
    {
      code: "disk-inodes",
      level: isVital && freeInodes < NO_INODES ? "fault" : "warning",
      text: `the disk of ${folder} can hold only ${freeInodes} more files`,
      cure: `remove what is not needed ('df -i ${folder}' counts), or ${cure}`,
    },
  ];
}
