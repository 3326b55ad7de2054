/** TFTP options: pairs of texts at the end of a request, and all that an OACK holds. */

import { WireError } from "../error.ts";
import { encodeText, readText } from "./text.ts";

/**
 * One option as sent. Names are compared without case; unknown ones are kept.
 *
 * @see RFC 2347; RFC 2348 (`blksize`), RFC 2349 (`timeout`, `tsize`), RFC 7440 (`windowsize`)
 */
export interface TftpOption {
  readonly name: string;
  readonly value: string;
}

/**
 * Reads the options from `offset` to the end.
 *
 * An empty name ends them: what follows it is padding, which some clients add up to 512 bytes.
 *
 * @throws {@link WireError} `WIRE_TRUNCATED` for a name without its value
 */
export function decodeOptions(bytes: Uint8Array, offset: number): TftpOption[] {
  const options: TftpOption[] = [];
  let at = offset;
  while (at < bytes.length && bytes[at] !== 0) {
    const name = readText(bytes, at, "an option's name");
    const value = readText(bytes, name.end, `the value of the option '${name.text}'`);
    options.push({ name: name.text, value: value.text });
    at = value.end;
  }
  return options;
}

/** Writes options. @throws {@link WireError} `WIRE_BAD_VALUE` for an empty name, or a text that holds no bytes. */
export function encodeOptions(options: readonly TftpOption[]): Uint8Array {
  const texts = options.flatMap(({ name, value }) => {
    if (name === "") throw new WireError("WIRE_BAD_VALUE", "an option needs a name");
    return [encodeText(name), encodeText(value)];
  });
  return Uint8Array.from(texts.flatMap((text) => [...text]));
}

/** The option's value; the first one, should a client send it twice. */
export function findOption(options: readonly TftpOption[], name: string): string | undefined {
  return options.find((option) => option.name.toLowerCase() === name)?.value;
}
