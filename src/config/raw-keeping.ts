/** What the configuration says of generations that are kept to go back to. */

import * as z from "zod";
import { text, wholeNumber } from "./raw-parts.ts";

/** The most that a disk may be given: more than any has. */
const MAX_GIGABYTES = 1_000_000;

const WANT = {
  depth: "a number of generations from 0 to 100",
  gigabytes: `a number of gigabytes from 0 to ${MAX_GIGABYTES}`,
  folder: "the path of a folder",
} as const;

export const KEEPING_SHAPE = {
  rollbackDepth: wholeNumber(WANT.depth, 0, 100)
    .nullish()
    .describe("How many generations of an image are kept beside the current one, to go back to. Default: 3."),
  storeFolder: text(WANT.folder)
    .nullish()
    .describe(
      "Where copies of images are kept that are no nix results: imported ones, and plain folders, which may be " +
        "overwritten. Default: the state folder.",
    ),
  storeMaxGigabytes: z
    .number({ error: WANT.gigabytes })
    .min(0, { error: WANT.gigabytes })
    .max(MAX_GIGABYTES, { error: WANT.gigabytes })
    .nullish()
    .describe(
      "How much room these copies may take; the oldest that nobody needs go first. 0: plain folders are not " +
        "copied. Default: 20.",
    ),
};

/** What is a number here. */
export const KEEPING_NUMBER_KEYS: readonly string[] = ["rollbackDepth", "storeMaxGigabytes"];
