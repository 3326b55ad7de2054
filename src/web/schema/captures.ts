/** What of a machine is to be recorded. */

import * as z from "zod";
import { parseIpv4 } from "../../wire/net/ipv4.ts";

const DAY_SECONDS = 86_400;

export const captureQuery = z.object({
  /** How long; absent: until the machine's boot ends. */
  seconds: z.coerce.number().int().min(1).max(DAY_SECONDS).optional(),
  /** Files whole; absent: the beginning of each. */
  full: z.enum(["true", "false"]).optional(),
  /** What goes to and comes from this address as well, whoever is there. */
  address: z
    .string()
    .refine((text) => parseIpv4(text) !== undefined, "want an IPv4 address such as 192.168.1.20")
    .optional(),
});
