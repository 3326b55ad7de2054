/**
 * Option 97: which machine this is, by its SMBIOS UUID, or a Raspberry Pi by board and serial number.
 *
 * ```
 *  0 type (0)   1 … 16 UUID, its first three fields little-endian, as SMBIOS and UEFI store them
 *  0 type (0)   1 "RPi4"   5 board revision   9 last four bytes of the MAC   13 serial number
 * ```
 *
 * The Pi's two numbers are little-endian (R2).
 *
 * @see RFC 4578 §2.3
 */

import { formatHexByte } from "../bytes.ts";
import { WireError } from "../error.ts";
import { decodeText } from "./text.ts";

const GUID_TYPE = 0;
const LENGTH = 17;
/** Where the bytes of the text form are, hyphens between the groups. */
const GROUPS = [
  [4, 3, 2, 1],
  [6, 5],
  [8, 7],
  [9, 10],
  [11, 12, 13, 14, 15, 16],
] as const;

export type ClientUuid =
  /** Lower case with hyphens. Firmware that has none sends all zeros or all ones: see {@link isKnownUuid}. */
  | { readonly type: "uuid"; readonly uuid: string }
  /** The EEPROM of a Raspberry Pi of March 2020 or later. */
  | {
      readonly type: "raspberry-pi";
      /** 4 for a Pi 4, 5 for a Pi 5. */
      readonly model: number;
      /** As `/proc/cpuinfo` prints it, in lower-case hex without leading zeros: `a03111`. */
      readonly boardRevision: string;
      /** The last eight hex digits of the serial number, lower case: the name of its TFTP folder. */
      readonly serial: string;
    };

/**
 * Reads option 97.
 *
 * @returns `undefined` if it is empty, as some ROMs send it (Q5)
 * @throws {@link WireError} `WIRE_BAD_LENGTH` if it has neither 0 nor 17 bytes, `WIRE_BAD_VALUE` for a
 * type that is not 0
 */
export function decodeClientUuid(value: Uint8Array): ClientUuid | undefined {
  if (value.length === 0) return undefined;
  if (value.length !== LENGTH) {
    throw new WireError("WIRE_BAD_LENGTH", `option 97 has ${value.length} bytes, want ${LENGTH}`);
  }
  if (value[0] !== GUID_TYPE) {
    throw new WireError("WIRE_BAD_VALUE", `option 97 has type ${value[0]}, want ${GUID_TYPE}`);
  }
  return decodeRaspberryPi(value) ?? { type: "uuid", uuid: GROUPS.map((at) => hex(value, at)).join("-") };
}

/** Writes option 97 from a UUID in its text form. @throws {@link WireError} `WIRE_BAD_VALUE` if it is none */
export function encodeClientUuid(uuid: string): Uint8Array {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(uuid)) {
    throw new WireError("WIRE_BAD_VALUE", `'${uuid}' is no UUID`);
  }
  const value = new Uint8Array(LENGTH);
  const bytes = uuid.replaceAll("-", "").match(/../g) ?? [];
  GROUPS.flat().forEach((at, i) => {
    value[at] = Number.parseInt(bytes[i] ?? "0", 16);
  });
  return value;
}

/** Whether a UUID tells one machine from another: all zeros and all ones mean that there is none. */
export function isKnownUuid(uuid: string): boolean {
  return !/^[0-]+$/.test(uuid) && !/^[f-]+$/i.test(uuid);
}

/**
 * The serial number in the form that the EEPROM of a Raspberry Pi sent before March 2020: four times
 * over, and nothing that says what it is. Only ask for a machine that is known to be a Pi.
 */
export function decodeOldRaspberryPiSerial(value: Uint8Array): string | undefined {
  if (value.length !== LENGTH || value[0] !== GUID_TYPE) return undefined;
  const repeats = value.subarray(1).every((byte, i) => byte === value[1 + (i % 4)]);
  const serial = hex(value, [4, 3, 2, 1]);
  return repeats && !/^(0+|f+)$/.test(serial) ? serial : undefined;
}

function decodeRaspberryPi(value: Uint8Array): ClientUuid | undefined {
  const model = /^RPi(\d)$/.exec(decodeText(value.subarray(1, 5)))?.[1];
  if (model === undefined) return undefined;
  return {
    type: "raspberry-pi",
    model: Number(model),
    boardRevision: hex(value, [8, 7, 6, 5]).replace(/^0+(?=.)/, ""),
    serial: hex(value, [16, 15, 14, 13]),
  };
}

function hex(value: Uint8Array, at: readonly number[]): string {
  let text = "";
  for (const index of at) text += formatHexByte(value[index] ?? 0);
  return text;
}
