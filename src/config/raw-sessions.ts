/** How long it is known how machines have booted. */

import * as z from "zod";

const WANT = "a number of days from 1 to 3650";

export const SESSION_SHAPE = {
  keepSessionsDays: z
    .number({ error: WANT })
    .min(1, { error: WANT })
    .max(3650, { error: WANT })
    .nullish()
    .describe("How long the timeline of each boot is kept. Default: 90."),
};

export const SESSION_NUMBER_KEYS = Object.keys(SESSION_SHAPE);
