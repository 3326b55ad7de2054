/** Nix's own spelling of bytes: 32 letters and digits without e, o, u and t, the last five bits first. */

const ALPHABET = "0123456789abcdfghijklmnpqrsvwxyz";

/**
 * Writes bytes as nix writes its hashes.
 *
 * @returns a digit for each five bits, as many as it takes to hold all of them
 */
export function encodeNixBase32(bytes: Uint8Array): string {
  const length = Math.ceil((bytes.length * 8) / 5);
  return Array.from({ length }, (_, i) => {
    const bit = (length - 1 - i) * 5;
    const at = Math.floor(bit / 8);
    const word = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
    return ALPHABET[(word >> (bit % 8)) & 31];
  }).join("");
}
