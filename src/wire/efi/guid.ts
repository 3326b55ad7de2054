/** GUIDs as UEFI writes them: the first three fields little-endian, the other eight bytes in order. */

/** In lower case, as in `aaf32c78-947b-439a-a180-2e144ec37792`. */
export type Guid = string;

/** @param bytes - 16 bytes or more, of which the first 16 count */
export function decodeGuid(bytes: Uint8Array): Guid {
  const hex = (...at: number[]) =>
    at.map((index) => (bytes[index] ?? 0).toString(16).padStart(2, "0")).join("");
  return `${hex(3, 2, 1, 0)}-${hex(5, 4)}-${hex(7, 6)}-${hex(8, 9)}-${hex(10, 11, 12, 13, 14, 15)}`;
}

/** The inverse of {@link decodeGuid}. */
export function encodeGuid(guid: Guid): Uint8Array {
  const digits = guid.replaceAll("-", "");
  const plain = Array.from({ length: 16 }, (_, index) =>
    Number.parseInt(digits.slice(2 * index, 2 * index + 2), 16),
  );
  const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
  return Uint8Array.from(order, (index) => plain[index] ?? 0);
}
