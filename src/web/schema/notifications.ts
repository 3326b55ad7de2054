/** Who is told of what happens, as the API has it; no address and no secret. */

import * as z from "zod";
import { ALERT_KINDS } from "../../boot/notify/alert.ts";
import { FORMATS } from "../../boot/notify/target.ts";

const name = z.string();

export const notifications = z.object({
  targets: z.array(
    z.object({
      name,
      format: z.enum(FORMATS),
      /** Which it is sent. */
      events: z.array(z.enum(ALERT_KINDS)),
      /** What is about other hosts it is not sent; absent: it is. */
      hosts: z.array(z.string()).optional(),
      /** Messages that have not arrived yet. */
      waiting: z.int(),
      /** How the last attempt went; absent: there was none since the start. */
      last: z.object({ at: z.iso.datetime(), delivered: z.boolean(), said: z.string() }).optional(),
    }),
  ),
});

export const testBody = z
  .strictObject({
    /** Which is tried; absent: all of them. */
    name: name.optional(),
  })
  .default({});

export const testResults = z.object({
  results: z.array(
    z.object({
      name,
      delivered: z.boolean(),
      /** What came back, in words. */
      said: z.string(),
      durationMs: z.int(),
    }),
  ),
});
