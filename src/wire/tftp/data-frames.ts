/** Many DATA packets back to back in one buffer, so that a window of them can leave in one send. */

/** Bytes before the data of each DATA packet: opcode and block number. */
export const DATA_HEADER_BYTES = 4;

/**
 * Turns file data into DATA packets in place.
 *
 * The data lies at the *end* of `bytes`, behind room for `count` headers; afterwards packet `i`
 * starts at `i * (blockSize + 4)`. All but the last are full; the last is what remains, perhaps
 * empty. Moving left to right never overwrites data that is still to be moved, since packet `i`
 * ends no later than the source of block `i + 1` starts.
 *
 * @param firstBlock - number of the first block in the file, from 1; on the wire its low 16 bits
 */
export function frameInPlace(bytes: Uint8Array, firstBlock: number, count: number, blockSize: number): void {
  const stride = blockSize + DATA_HEADER_BYTES;
  const source = count * DATA_HEADER_BYTES;
  for (let i = 0; i < count; i++) {
    const from = source + i * blockSize;
    const at = i * stride;
    bytes.copyWithin(at + DATA_HEADER_BYTES, from, Math.min(from + blockSize, bytes.length));
    const block = firstBlock + i;
    bytes[at] = 0;
    bytes[at + 1] = 3;
    bytes[at + 2] = (block >> 8) & 0xff;
    bytes[at + 3] = block & 0xff;
  }
}
