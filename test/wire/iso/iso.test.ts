import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { WireError } from "../../../src/wire/error.ts";
import { decodeBootCatalog, PLATFORM_BIOS, PLATFORM_EFI } from "../../../src/wire/iso/boot-catalog.ts";
import { isaOfEfiName, isasInFat } from "../../../src/wire/iso/efi-name.ts";
import { decodeFolder, decodeVolume, SECTOR_BYTES } from "../../../src/wire/iso/volume.ts";
import { isoBytes } from "../../support/iso-bytes.ts";

const DISC = isoBytes({ platforms: [PLATFORM_BIOS, PLATFORM_EFI], names: ["BOOTX64.EFI", "GRUB.CFG"] });
const sectors = (from: number, count = 1) =>
  DISC.subarray(from * SECTOR_BYTES, (from + count) * SECTOR_BYTES);

describe("an ISO image", () => {
  test("tells its size, its root folder and its boot catalog", () => {
    expect(decodeVolume(sectors(16, 10))).toEqual({
      leastBytes: DISC.length,
      root: { sector: 21, sizeBytes: SECTOR_BYTES },
      bootCatalog: 20,
    });
  });

  test("that boots nothing has no catalog", () => {
    const disc = isoBytes({}).subarray(16 * SECTOR_BYTES);
    expect(decodeVolume(disc)).not.toHaveProperty("bootCatalog");
  });

  test("has folders, whose names lose their version", () => {
    const root = decodeFolder(sectors(21));
    expect(root).toEqual([{ name: "EFI", isFolder: true, extent: { sector: 22, sizeBytes: SECTOR_BYTES } }]);
    expect(decodeFolder(sectors(23)).map(({ name }) => name)).toEqual(["BOOTX64.EFI", "GRUB.CFG"]);
  });

  test("lists in its catalog what each firmware starts, and leaves out what cannot be started", () => {
    const entries = [
      { platform: PLATFORM_BIOS, sector: 24 },
      { platform: PLATFORM_EFI, sector: 24 },
    ];
    expect(decodeBootCatalog(sectors(20))).toEqual(entries);
    const idle = sectors(20).map((byte, at) => (at === 32 ? 0 : byte));
    expect(decodeBootCatalog(idle)).toEqual(entries.slice(1));
  });
});

test.each([
  ["BOOTX64.EFI", "x86"],
  ["bootaa64.efi", "arm64"],
  ["BOOTRISCV64.EFI", "riscv64"],
  ["GRUBX64.EFI", undefined],
  ["BOOTX64.TXT", undefined],
])("%s in EFI/BOOT is for %s", (name, isa) => {
  expect(isaOfEfiName(name)).toBe(isa);
});

test("a FAT file system tells by the names in it, and a volume's label is none", () => {
  const disc = isoBytes({ fatNames: ["BOOTAA64.EFI", "BOOTX64.EFI"] }).subarray(24 * SECTOR_BYTES);
  expect([...isasInFat(disc)]).toEqual(["arm64", "x86"]);
  const labelled = disc.map((byte, at) => (at === 512 + 11 || at === 544 + 11 ? byte | 8 : byte));
  expect([...isasInFat(labelled)]).toEqual([]);
});

test("any bytes give a value or a WireError", () => {
  const flipped = fc.array(fc.tuple(fc.nat(DISC.length - 1), fc.nat(255)), { maxLength: 8 }).map((flips) => {
    const copy = Uint8Array.from(DISC);
    for (const [at, byte] of flips) copy[at] = byte;
    return copy.subarray(16 * SECTOR_BYTES);
  });
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 5000 }), flipped), (bytes) => {
      for (const decode of [decodeVolume, decodeBootCatalog, decodeFolder, isasInFat]) {
        try {
          decode(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }
    }),
  );
});
