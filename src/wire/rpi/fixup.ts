/** Reads `fixup*.dat`, which says where the GPU firmware in `start*.elf` is patched when memory is split. */

import { WireError } from "../error.ts";

/** What a fixup file tells about the `start*.elf` that it belongs to. */
export interface Fixup {
  /** Length of that file. */
  readonly elfBytes: number;
  /** Program headers of that file, whose addresses are patched too. */
  readonly programHeaders: number;
}

/** A distance of three bytes follows, to an address. */
const FAR = 1;
/** A distance of three bytes follows, to an instruction. */
const FAR_INSTRUCTION = 0;
/** Numbers behind the list, each written as a far distance. */
const TRAILER = 4;
/** The upper half of `e_entry`, the first address of an ELF file, in 16-bit words. */
const ENTRY = 13;
/** Between the addresses of a program header, and from one header to the next, in 16-bit words. */
const ADDRESS_STEP = 2;
const HEADER_STEP = 14;

/**
 * Reads the list of places.
 *
 * ```
 * d >= 2           the next place is d - 1 words of 16 bits further on
 * 01 nn nn nn      … n words further on
 * 00 nn nn nn      … n words further on, and holds an instruction
 * 4 x 01 nn nn nn  behind the list, whose last place is the end of the ELF file
 * ```
 *
 * The format is nowhere written down: it was read off the 24 pairs of three releases (2022 to 2026), in
 * each of which the last place is exactly the length of the ELF file.
 *
 * @throws {@link WireError} `WIRE_BAD_VALUE` for what is no such list, `WIRE_TRUNCATED` where it breaks off
 */
export function decodeFixup(bytes: Uint8Array): Fixup {
  const steps = decodeSteps(bytes);
  const trailer = steps.slice(-TRAILER);
  if (steps.length <= TRAILER || trailer.some(({ code }) => code !== FAR)) {
    throw new WireError("WIRE_BAD_VALUE", "the list of places has no end", bytes.length);
  }
  const [first, ...rest] = steps.slice(0, -TRAILER).map(({ words }) => words);
  if (first !== ENTRY + 1) {
    throw new WireError(
      "WIRE_BAD_VALUE",
      "the list of places does not begin with an ELF file's entry point",
      0,
    );
  }
  const words = rest.reduce((sum, each) => sum + each, ENTRY);
  return { elfBytes: 2 * words, programHeaders: countHeaders(rest) };
}

interface Step {
  readonly code: number;
  readonly words: number;
}

function decodeSteps(bytes: Uint8Array): Step[] {
  const steps: Step[] = [];
  for (let at = 0; at < bytes.length; ) {
    const code = bytes[at] ?? 0;
    at++;
    if (code !== FAR && code !== FAR_INSTRUCTION) {
      steps.push({ code, words: code - 1 });
      continue;
    }
    const [low, middle, high] = [bytes[at], bytes[at + 1], bytes[at + 2]];
    if (low === undefined || middle === undefined || high === undefined) {
      throw new WireError("WIRE_TRUNCATED", "a distance breaks off", at);
    }
    steps.push({ code, words: low | (middle << 8) | (high << 16) });
    at += 3;
  }
  return steps;
}

/** The virtual and the physical address of each header follow the entry point. */
function countHeaders(steps: readonly number[]): number {
  let headers = 0;
  while (steps[2 * headers + 1] === ADDRESS_STEP && (headers === 0 || steps[2 * headers] === HEADER_STEP)) {
    headers++;
  }
  return headers;
}
