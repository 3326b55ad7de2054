/** Under which keys the history of images is kept, so that one image's records lie together, in order. */

import type { ImageName } from "../host.ts";

const DIGITS = 8;

/** `IMAGE/00000012`: in the order of the numbers, since no image's name has a slash. */
export function recordKey(image: ImageName, number: number): string {
  return `${image}/${String(number).padStart(DIGITS, "0")}`;
}

/** The opposite of {@link recordKey}; `undefined` for what it never makes. */
export function parseRecordKey(
  key: string,
): { readonly image: ImageName; readonly number: number } | undefined {
  const [, image, digits] = /^([^/]+)\/(\d{8})$/.exec(key) ?? [];
  return image === undefined || digits === undefined ? undefined : { image, number: Number(digits) };
}

/** All keys that begin with `name` and a slash. */
export function keysBelow(name: string): { readonly from: string; readonly below: string } {
  // In UTF-8 nothing stands between the slash and the 0.
  return { from: `${name}/`, below: `${name}0` };
}
