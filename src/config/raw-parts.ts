/** The small pieces that the definition of the configuration is put together from. */

import * as z from "zod";

/**
 * Text that is not empty.
 *
 * @param want - what is wanted, in the words of a mistake
 * @param pattern - a regular expression for editors, which cannot run `isFit`; it may let too much through
 */
export function text(want: string, isFit: (text: string) => boolean = () => true, pattern?: string) {
  return z
    .string({ error: want })
    .min(1, { error: want })
    .refine((value) => value !== "" && isFit(value), { error: want })
    .meta(pattern === undefined ? {} : { pattern });
}

export function list<T extends z.ZodType>(item: T, want: string) {
  return z.array(item, { error: want });
}

/** One, or a list of them. */
export function oneOrMore<T extends z.ZodType>(item: T, want: string) {
  return z.union([item, list(item, want)], { error: want });
}

export function wholeNumber(want: string, least: number, most: number) {
  return z
    .number({ error: want })
    .int({ error: want })
    .min(least, { error: want })
    .max(most, { error: want });
}
