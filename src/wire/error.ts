/** The one error of the codecs: what the peer sent does not follow its protocol. */

/** Stable codes, each explained in docs/errors.md. */
export type WireErrorCode =
  | "WIRE_TRUNCATED" // the bytes end before the value does
  | "WIRE_BAD_LENGTH" // a length that the field cannot have
  | "WIRE_BAD_VALUE" // a value that the field cannot have
  | "WIRE_BAD_MAGIC"; // not this protocol at all

/**
 * Thrown by every `decode…` of `src/wire` for bytes that are not what they claim to be.
 *
 * Anything else thrown while decoding is a bug of ours.
 */
export class WireError extends Error {
  override readonly name = "WireError";
  readonly code: WireErrorCode;
  /** Where in the datagram, in bytes from its start, if known. */
  readonly offset: number | undefined;

  constructor(code: WireErrorCode, message: string, offset?: number) {
    super(message);
    this.code = code;
    this.offset = offset;
  }
}
