import { describe, expect, test } from "vitest";
import { type FileShelf, openBytes } from "../../../src/io/open-file.ts";
import { createPatchedFirmware, FirmwareError } from "../../../src/io/tftp/patched-firmware.ts";
import { findVariableStore, liveVariables } from "../../../src/wire/efi/variable-store.ts";
import { OLD_FIRMWARE_BYTES, uefiFirmware } from "../../support/rpi4-files.ts";

const FIRMWARE = uefiFirmware(OLD_FIRMWARE_BYTES, "pftf");

/** A shelf that counts how often the file is opened. */
function shelfOf(bytes: Uint8Array | undefined): FileShelf & { opened: number; closed: number } {
  const shelf = {
    opened: 0,
    closed: 0,
    openMedia: async () => undefined,
    async openProgram() {
      shelf.opened++;
      return bytes === undefined ? undefined : { ...openBytes(bytes), close: () => void shelf.closed++ };
    },
  };
  return shelf;
}

const source = (ramLimit: "on" | "off", stamp = "1") =>
  ({
    type: "firmware",
    file: { path: "/media/rpi4/RPI_EFI.fd", sizeBytes: FIRMWARE.length, stamp },
    settings: { ramLimit },
  }) as const;

describe("RPI_EFI.fd with a host's settings (R8)", () => {
  test("has the variable, its own length, and every other byte as it was", async () => {
    const shelf = shelfOf(FIRMWARE);
    const patched = await createPatchedFirmware(1 << 26).get(source("off"), shelf);
    if (patched === undefined) throw new Error("gone");
    expect(patched.length).toBe(FIRMWARE.length);
    const changed = [...patched.keys()].filter((at) => patched[at] !== FIRMWARE[at]);
    expect(changed.length).toBeGreaterThan(0);
    const span = (changed.at(-1) ?? 0) - (changed[0] ?? 0);
    expect(span).toBeLessThan(200);
    expect(liveVariables(findVariableStore(patched)).map(({ name }) => name)).toEqual(["RamLimitTo3GB"]);
    expect(shelf.closed).toBe(1);
  });
  test("is made once for boards with the same settings, be they at once or one after the other", async () => {
    const shelf = shelfOf(FIRMWARE);
    const firmware = createPatchedFirmware(1 << 26);
    const [one, two] = await Promise.all([
      firmware.get(source("off"), shelf),
      firmware.get(source("off"), shelf),
    ]);
    expect(one).toBe(two);
    expect(await firmware.get(source("off"), shelf)).toBe(one);
    expect(shelf.opened).toBe(1);
    await firmware.get(source("on"), shelf);
    await firmware.get(source("off", "2"), shelf);
    expect(shelf.opened).toBe(3);
  });
  test("a file that has no place for settings is refused, with what to do", async () => {
    const made = createPatchedFirmware(1 << 26).get(source("off"), shelfOf(new Uint8Array(1000)));
    await expect(made).rejects.toThrow(FirmwareError);
    await expect(made).rejects.toThrow(/mayfly rpi4 check/);
  });
  test("a file that has gone is gone", async () => {
    expect(await createPatchedFirmware(1 << 26).get(source("off"), shelfOf(undefined))).toBeUndefined();
  });
});
