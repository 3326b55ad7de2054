/**
 * Strikes the tokens of check-ins out of a stream of bytes, wherever it is cut into pieces.
 *
 * As many letters stand in their place, so that lengths and offsets stay what they were.
 */

/** What stands before each token, in URLs and on kernel command lines. */
const MARK = "checkin/";
const MARK_BYTES = new TextEncoder().encode(MARK);
const STRUCK = 0x78; // x

/**
 * How the bytes so far end: so many of the mark's letters, or, with all of them, within a token.
 *
 * 0 is the beginning of a stream.
 */
export type StrikeState = number;

export const WITHIN_TOKEN: StrikeState = MARK_BYTES.length;

/** @returns the state after these bytes, and the bytes: the very same ones where there was nothing to strike */
export function strikeTokens(state: StrikeState, bytes: Uint8Array): readonly [StrikeState, Uint8Array] {
  let now = state;
  let struck: Uint8Array | undefined;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (now === WITHIN_TOKEN && isTokenLetter(byte)) {
      struck ??= Uint8Array.from(bytes);
      struck[at] = STRUCK;
      continue;
    }
    now = advance(now, byte);
  }
  return [now, struck ?? bytes];
}

/** Only the letter c stands twice in the mark: what fails behind the second one may be at the first. */
function advance(state: StrikeState, byte: number): StrikeState {
  const matched = state === WITHIN_TOKEN ? 0 : state;
  if (byte === MARK_BYTES[matched]) return matched + 1;
  if (matched === 4 && byte === MARK_BYTES[1]) return 2;
  return byte === MARK_BYTES[0] ? 1 : 0;
}

/** Those of base64url. */
function isTokenLetter(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x41 && byte <= 0x5a) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    byte === 0x2d ||
    byte === 0x5f
  );
}
