/**
 * Options inside an option: the code-length-value lists of 43, 82 and 175.
 *
 * ```
 * +------+--------+----------------+------+--------+----
 * | code | length | length bytes … | code | length | …
 * +------+--------+----------------+------+--------+----
 * ```
 */

import { WireError } from "../error.ts";

const PAD = 0;
const END = 255;

export interface SubOptionRules {
  /** The option that holds the list, for messages. */
  readonly option: number;
  /** Whether 0 is padding and 255 the end, as in 43 and 175; in 82 both are codes like any other. */
  readonly padAndEnd: boolean;
}

/**
 * Reads a list of sub-options. Of one that comes twice the first counts, as iPXE and PXE ROMs do.
 *
 * @returns values by code, in the order sent
 * @throws {@link WireError} `WIRE_TRUNCATED` if the bytes end inside one
 */
export function decodeSubOptions(value: Uint8Array, rules: SubOptionRules): ReadonlyMap<number, Uint8Array> {
  const found = new Map<number, Uint8Array>();
  let at = 0;
  while (at < value.length) {
    const code = value[at] ?? END;
    if (rules.padAndEnd && code === END) break;
    if (rules.padAndEnd && code === PAD) {
      at += 1;
      continue;
    }
    const start = at + 2;
    const end = start + (value[at + 1] ?? Number.POSITIVE_INFINITY);
    if (end > value.length) {
      throw new WireError("WIRE_TRUNCATED", `option ${rules.option} ends inside its sub-option ${code}`);
    }
    if (!found.has(code)) found.set(code, value.subarray(start, end));
    at = end;
  }
  return found;
}

/**
 * Writes a list of sub-options, with an end where the option has one.
 *
 * @throws {@link WireError} `WIRE_BAD_LENGTH` if a value has more than 255 bytes
 */
export function encodeSubOptions(
  subOptions: ReadonlyMap<number, Uint8Array>,
  rules: SubOptionRules & { readonly end?: boolean },
): Uint8Array {
  const bytes: number[] = [];
  for (const [code, value] of subOptions) {
    if (value.length > 255) {
      throw new WireError("WIRE_BAD_LENGTH", `sub-option ${code} of option ${rules.option} is too long`);
    }
    bytes.push(code, value.length, ...value);
  }
  if (rules.end === true) bytes.push(END);
  return Uint8Array.from(bytes);
}
