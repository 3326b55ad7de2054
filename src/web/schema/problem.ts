/** A no, as the API says it. @see RFC 9457 */

import * as z from "zod";

export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  /** Stable; docs/errors.md explains each. */
  code: z.string(),
  /** In words. */
  detail: z.string(),
  /** What mends it. */
  cure: z.string().optional(),
});

export type ProblemView = z.infer<typeof problem>;
