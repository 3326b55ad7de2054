/** Bytes as text that stands in a URL, a kernel's command line and a script without an escape. */

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const VALUES: ReadonlyMap<string, number> = new Map([...ALPHABET].map((letter, value) => [letter, value]));

/**
 * Writes bytes without padding.
 *
 * @see RFC 4648 §5
 */
export function encodeBase64Url(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const part = bytes.subarray(at, at + 3);
    const bits = ((part[0] ?? 0) << 16) | ((part[1] ?? 0) << 8) | (part[2] ?? 0);
    const letters = [18, 12, 6, 0].map((shift) => ALPHABET[(bits >> shift) & 63]);
    text += letters.slice(0, part.length + 1).join("");
  }
  return text;
}

/**
 * The inverse of {@link encodeBase64Url}.
 *
 * @returns `undefined` for text that it would never have written: of each value there is one spelling only
 */
export function decodeBase64Url(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let bits = 0;
  let count = 0;
  let at = 0;
  for (const letter of text) {
    const value = VALUES.get(letter);
    if (value === undefined) return undefined;
    bits = ((bits << 6) | value) & 0xffff;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes[at++] = (bits >> count) & 0xff;
  }
  // A lone letter is no byte, and what is left of the last one must be nothing.
  return text.length % 4 === 1 || (bits & ((1 << count) - 1)) !== 0 ? undefined : bytes;
}
