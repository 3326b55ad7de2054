/** What of a machine is to be recorded. */

import * as z from "zod";
import { parseIpv4 } from "../../wire/net/ipv4.ts";

const DAY_SECONDS = 86_400;

const WANT = {
  seconds: `a whole number from 1 to ${DAY_SECONDS}`,
  address: "an IPv4 address such as 192.168.1.20",
} as const;

/** What a part of the question may be, for messages. */
export const CAPTURE_WANT: Readonly<Record<string, string>> = WANT;

const secondsError = `want ${WANT.seconds}`;

export const captureQuery = z.object({
  /** How long; absent: until the machine's boot ends. */
  seconds: z.coerce
    .number({ error: secondsError })
    .int({ error: secondsError })
    .min(1, { error: secondsError })
    .max(DAY_SECONDS, { error: secondsError })
    .optional(),
  /** Files whole; absent: the beginning of each. */
  full: z.enum(["true", "false"]).optional(),
  /** What goes to and comes from this address as well, whoever is there. */
  address: z
    .string()
    .refine((text) => parseIpv4(text) !== undefined, `want ${WANT.address}`)
    .optional(),
});
