/** Whether what was booted is to report that it is up. */

import * as z from "zod";

const WANT = "true or false";

/** At the top, and for a host. */
export const CHECK_IN_SHAPE = {
  checkIn: z
    .boolean({ error: WANT })
    .nullish()
    .describe(
      "Whether what is booted is told where to report that it is up, by the kernel parameter mayfly.checkin. " +
        "Default: true; of a host: as for every host.",
    ),
};

/** As the settings have it; absent where nothing is said. */
export function checkInWish(checkIn: boolean | null | undefined): { readonly checkIn?: boolean } {
  return checkIn == null ? {} : { checkIn };
}
