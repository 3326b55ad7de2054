/** How many machines restart by themselves at the same time. */

import * as z from "zod";

const WANT = "a whole number of machines from 0 to 100000";

/** At the top. */
export const KEXEC_SHAPE = {
  maxRebooting: z
    .number({ error: WANT })
    .int({ error: WANT })
    .min(0, { error: WANT })
    .max(100_000, { error: WANT })
    .nullish()
    .describe(
      "How many machines of a group, or of all that are in none, restart by themselves at the same time " +
        "(mayfly.node.autoUpdate); 0: none do. Default: 1.",
    ),
};

export const KEXEC_NUMBER_KEYS: readonly string[] = ["maxRebooting"];
