import { expect, test } from "vitest";
import { lintFiles } from "../../../src/boot/rpi4/lint-files.ts";
import { patchFirmware, variablesOf } from "../../../src/boot/rpi4/uefi-settings.ts";
import { findVariableStore, liveVariables } from "../../../src/wire/efi/variable-store.ts";
import { NEW_FIRMWARE_BYTES, OLD_FIRMWARE_BYTES, uefiFirmware } from "../../support/rpi4-files.ts";

test("each setting is the variable that the firmware reads (R8)", () => {
  const shown = variablesOf({ ramLimit: "off", systemTable: "dt", bootTimeoutSeconds: 0 }).map(
    ({ name, guid, attributes, data }) =>
      `${guid} ${name} ${attributes} ${Buffer.from(data).toString("hex")}`,
  );
  expect(shown).toEqual([
    "cd7cc258-31db-22e6-9f22-63b0b8eed6b5 RamLimitTo3GB 7 00000000",
    "cd7cc258-31db-22e6-9f22-63b0b8eed6b5 SystemTableMode 7 02000000",
    "8be4df61-93ca-11d2-aa0d-00e098032b8c Timeout 7 0000",
  ]);
});

test("what is not set stays as the firmware was built", () => {
  expect(variablesOf({})).toEqual([]);
});

test.each([OLD_FIRMWARE_BYTES, NEW_FIRMWARE_BYTES])(
  "a firmware of %i bytes keeps its length and stays sound",
  (sizeBytes) => {
    const firmware = uefiFirmware(sizeBytes, "x");
    const patched = patchFirmware(firmware, { ramLimit: "off", systemTable: "dt" });
    expect(patched.length).toBe(sizeBytes);
    expect(
      lintFiles(new Map([["RPI_EFI.fd", patched]])).filter(({ place }) => place === "RPI_EFI.fd"),
    ).toEqual([]);
    expect(liveVariables(findVariableStore(patched)).map(({ name }) => name)).toEqual([
      "RamLimitTo3GB",
      "SystemTableMode",
    ]);
    expect(Buffer.from(patchFirmware(patched, { ramLimit: "off" })).equals(patched)).toBe(true);
  },
);
