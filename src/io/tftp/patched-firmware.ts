/** `RPI_EFI.fd` with a host's settings put in: made when it is first asked for, and kept for the next board. */

import type { PiSource } from "../../boot/rpi4/layers.ts";
import { patchFirmware } from "../../boot/rpi4/uefi-settings.ts";
import { WireError } from "../../wire/error.ts";
import type { FileShelf } from "../open-file.ts";
import { createRecentlyUsed } from "./recently-used.ts";
import { fill } from "./tftp-files.ts";

type FirmwareSource = Extract<PiSource, { type: "firmware" }>;

export interface PatchedFirmware {
  /**
   * @returns `undefined` when the file has gone
   * @throws {@link FirmwareError} when the settings cannot be put into it
   */
  get(source: FirmwareSource, shelf: FileShelf): Promise<Uint8Array | undefined>;
}

/** Why the settings cannot be put into a firmware, for the person at the machine and for the log. */
export class FirmwareError extends Error {
  override readonly name = "FirmwareError";
}

/** Larger ones are no firmware of a Pi: it has two or four megabytes. */
const MAX_FIRMWARE_BYTES = 16 * 1024 * 1024;

/** @param budgetBytes - how much is kept */
export function createPatchedFirmware(budgetBytes: number): PatchedFirmware {
  const kept = createRecentlyUsed<Uint8Array>(budgetBytes);
  const underWay = new Map<string, Promise<Uint8Array | undefined>>();

  async function make(key: string, source: FirmwareSource, shelf: FileShelf) {
    const file = await shelf.openProgram({ name: source.file.path, path: source.file.path });
    if (file === undefined) return undefined;
    try {
      if (file.sizeBytes > MAX_FIRMWARE_BYTES) throw new FirmwareError("RPI_EFI.fd is too large to be one");
      const bytes = new Uint8Array(file.sizeBytes);
      await fill(file, bytes, 0);
      const patched = patch(bytes, source);
      kept.put(key, patched, patched.length);
      return patched;
    } finally {
      file.close();
    }
  }
  return {
    get(source, shelf) {
      const key = `${JSON.stringify(source.settings)} ${source.file.stamp} ${source.file.path}`;
      const known = kept.get(key);
      if (known !== undefined) return Promise.resolve(known);
      const making = underWay.get(key) ?? make(key, source, shelf).finally(() => underWay.delete(key));
      underWay.set(key, making);
      return making;
    },
  };
}

function patch(bytes: Uint8Array, { settings }: FirmwareSource): Uint8Array {
  try {
    return patchFirmware(bytes, settings);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw new FirmwareError(
      `the host's settings under 'rpi4:' cannot be put into RPI_EFI.fd (${error.message}): ` +
        "'mayfly rpi4 check' looks at the file, and without them it is served as it is",
      { cause: error },
    );
  }
}
