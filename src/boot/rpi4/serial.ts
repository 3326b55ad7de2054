/** The one spelling by which serial numbers are compared. */

/**
 * The serial number as it is compared.
 *
 * A Raspberry Pi's has sixteen hex digits on its board, in Linux and in its UEFI; its EEPROM knows the last
 * eight, which tell boards apart well enough (R2). Any other serial number stays as it is.
 */
export function normalSerial(serial: string): string {
  return /^([0-9a-f]{8}){1,2}$/i.test(serial) ? serial.slice(-8).toLowerCase() : serial;
}

/** Whether the text can be the serial number of a Raspberry Pi: in eight or sixteen hex digits. */
export function isPiSerial(text: string): boolean {
  return /^([0-9a-f]{8}){1,2}$/i.test(text);
}
