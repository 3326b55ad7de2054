/**
 * What kind of value each option holds, as the registry's RFCs define it: for options that the operator
 * writes by number.
 *
 * @see RFC 2132, RFC 3397 (119), RFC 3442 (121, 249), RFC 8910 (114), RFC 8925 (108)
 */

export type OptionType =
  | "address"
  | "addresses"
  | "text"
  | "byte"
  | "word"
  | "seconds"
  | "flag"
  /** Names of domains, one after the other, in the encoding of DNS. */
  | "domains"
  | "routes";

const CODES: Readonly<Record<OptionType, readonly number[]>> = {
  address: [16, 32, 118],
  addresses: [
    3, 4, 5, 6, 7, 8, 9, 10, 11, 41, 42, 44, 45, 48, 49, 65, 68, 69, 70, 71, 72, 73, 74, 75, 76, 138, 150,
  ],
  text: [12, 14, 15, 17, 18, 40, 47, 62, 64, 66, 67, 100, 101, 114, 209, 210, 252],
  byte: [23, 37, 46],
  word: [13, 22, 26],
  seconds: [2, 24, 35, 38, 108, 211],
  flag: [19, 20, 27, 29, 30, 31, 34, 36, 39],
  domains: [119],
  routes: [121, 249],
};

const TYPES: ReadonlyMap<number, OptionType> = new Map(
  Object.entries(CODES).flatMap(([type, codes]) => codes.map((code) => [code, type as OptionType] as const)),
);

/** `undefined` for an option whose layout is not known here: its value can be written as bytes alone. */
export function optionType(code: number): OptionType | undefined {
  return TYPES.get(code);
}
