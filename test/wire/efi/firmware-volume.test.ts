import { expect, test } from "vitest";
import {
  decodeFirmwareVolume,
  findFirmwareVolumes,
  holdsPrograms,
  NV_DATA_GUID,
} from "../../../src/wire/efi/firmware-volume.ts";
import { decodeGuid, encodeGuid } from "../../../src/wire/efi/guid.ts";
import { OLD_FIRMWARE_BYTES, uefiFirmware } from "../../support/rpi4-files.ts";

const image = uefiFirmware(OLD_FIRMWARE_BYTES, "x");

test("finds the volumes of an image: programs, and variables", () => {
  const volumes = findFirmwareVolumes(image);
  expect(volumes.map(({ offset, sizeBytes }) => [offset, sizeBytes])).toEqual([
    [0x20000, 0x1a0000],
    [0x1c0000, 0x20000],
  ]);
  expect(volumes.map(holdsPrograms)).toEqual([true, false]);
  expect(volumes[1]?.guid).toBe(NV_DATA_GUID);
});

test("reads the header that RPi4.fdf of edk2-platforms writes for the variables", () => {
  // FvLength 0x20000, attributes 0x0004feff, 72 bytes, checksum 0xf919, revision 2, 0x20 blocks of 0x1000.
  const header =
    "00000000000000000000000000000000 8d2bf1ff96768b4ca9852747075b4f50 0000020000000000" +
    "5f465648 fffe0400 4800 19f9 00000002 20000000 00100000 0000000000000000";
  const volume = new Uint8Array(0x20000);
  volume.set(Buffer.from(header.replaceAll(" ", ""), "hex"));
  expect(decodeFirmwareVolume(volume, 0)).toEqual({
    offset: 0,
    sizeBytes: 0x20000,
    headerBytes: 0x48,
    guid: NV_DATA_GUID,
  });
});

test.each<[string, Uint8Array, string]>([
  ["no volume", new Uint8Array(0x20100), "WIRE_BAD_MAGIC"],
  ["a wrong checksum", image.with(0x20000 + 50, 0), "WIRE_BAD_VALUE"],
  ["an image that was cut off", image.subarray(0, 0x100000), "WIRE_TRUNCATED"],
  ["a header that ends early", image.subarray(0, 0x20000 + 46), "WIRE_TRUNCATED"],
])("refuses %s", (_what, bytes, code) => {
  expect(() => decodeFirmwareVolume(bytes, 0x20000)).toThrow(
    expect.objectContaining({ name: "WireError", code }),
  );
});

test("a GUID is written as it was read", () => {
  expect(decodeGuid(encodeGuid(NV_DATA_GUID))).toBe(NV_DATA_GUID);
  expect([...encodeGuid(NV_DATA_GUID).slice(0, 4)]).toEqual([0x8d, 0x2b, 0xf1, 0xff]);
});
