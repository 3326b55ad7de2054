/** netascii, TFTP's text mode: what a client that asked for it turns back into the same bytes. */

const LF = 10;
const CR = 13;

/** Writes LF as CR LF and CR as CR NUL. @see RFC 1350 §1, RFC 764 */
export function encodeNetascii(bytes: Uint8Array): Uint8Array {
  const extra = bytes.reduce((sum, byte) => sum + (byte === LF || byte === CR ? 1 : 0), 0);
  const encoded = new Uint8Array(bytes.length + extra);
  let at = 0;
  for (const byte of bytes) {
    if (byte === LF) encoded[at++] = CR;
    encoded[at++] = byte;
    if (byte === CR) encoded[at++] = 0;
  }
  return encoded;
}
