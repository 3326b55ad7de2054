/** Repeatable randomness for tests, and the ways in which a datagram can be spoiled. */

import { concat } from "../../src/wire/bytes.ts";

/** A whole number from 0 to below `limit`. */
export type Random = (limit: number) => number;

/** The same seed gives the same numbers (mulberry32). */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}

/** A copy with one to four spoiled places: bytes changed, cut out, doubled, or the end cut off. */
export function mutate(bytes: Uint8Array, random: Random): Uint8Array {
  let spoiled = new Uint8Array(bytes);
  for (let times = 1 + random(4); times > 0; times--) {
    const at = random(spoiled.length || 1);
    const length = 1 + random(8);
    switch (random(6)) {
      case 0:
        spoiled = spoiled.slice(0, at);
        break;
      case 1:
        spoiled = concat([spoiled.subarray(0, at), spoiled.subarray(at + length)]);
        break;
      case 2:
        spoiled = concat([spoiled.subarray(0, at + length), spoiled.subarray(at)]);
        break;
      case 3:
        spoiled[at] = [0, 1, 52, 0x7f, 0x80, 0xff][random(6)] ?? 0;
        break;
      default:
        spoiled[at] = random(256);
    }
  }
  return spoiled;
}
