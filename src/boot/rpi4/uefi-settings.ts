/**
 * The settings of a Raspberry Pi 4's UEFI firmware, which live inside `RPI_EFI.fd`.
 *
 * A firmware that came over the network cannot keep what is changed in its setup (R8), so they are set
 * in the file before it is sent.
 */

import type { Guid } from "../../wire/efi/guid.ts";
import { bootTimeout } from "../../wire/efi/load-option.ts";
import {
  BOOT_SERVICE,
  NON_VOLATILE,
  RUNTIME,
  setVariables,
  type Variable,
} from "../../wire/efi/variable-store.ts";

/** What is absent stays as the firmware was built. */
export interface UefiSettings {
  /** `on`: an operating system sees 3 GB at most. Matters on boards that have more. */
  readonly ramLimit?: "on" | "off";
  /** How the board is described to the operating system. */
  readonly systemTable?: "acpi" | "both" | "dt";
  /** How long the firmware waits for a key, in seconds, 0 to 65534. */
  readonly bootTimeoutSeconds?: number;
}

/** gConfigDxeFormSetGuid of edk2-platforms. */
const CONFIG_GUID: Guid = "cd7cc258-31db-22e6-9f22-63b0b8eed6b5";
const ATTRIBUTES = NON_VOLATILE | BOOT_SERVICE | RUNTIME;
const SYSTEM_TABLES: Readonly<Record<NonNullable<UefiSettings["systemTable"]>, number>> = {
  acpi: 0,
  both: 1,
  dt: 2,
};

/**
 * Puts settings into a firmware.
 *
 * @returns a new image, the same in every byte but those of these variables
 * @throws WireError for an image without room for variables
 * @see edk2-platforms, Platform/RaspberryPi/Include/ConfigVars.h
 */
export function patchFirmware(firmware: Uint8Array, settings: UefiSettings): Uint8Array {
  return setVariables(firmware, variablesOf(settings));
}

/** The variables that stand for settings. */
export function variablesOf({ ramLimit, systemTable, bootTimeoutSeconds }: UefiSettings): Variable[] {
  return [
    ...(ramLimit === undefined ? [] : [number32("RamLimitTo3GB", ramLimit === "on" ? 1 : 0)]),
    ...(systemTable === undefined ? [] : [number32("SystemTableMode", SYSTEM_TABLES[systemTable])]),
    ...(bootTimeoutSeconds === undefined ? [] : [bootTimeout(bootTimeoutSeconds)]),
  ];
}

function number32(name: string, value: number): Variable {
  const data = new Uint8Array(4);
  new DataView(data.buffer).setUint32(0, value, true);
  return { name, guid: CONFIG_GUID, attributes: ATTRIBUTES, data };
}
