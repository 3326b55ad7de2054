/** What is in a generation, as the API shows it. */

import * as z from "zod";

export const insideQuery = z.object({
  /** Absent: what a boot that starts now gets. */
  generation: z.coerce.number().int().min(1).max(99_999_999).optional(),
});

export const inside = z.object({
  image: z.string(),
  number: z.int(),
  id: z.string(),
  path: z.string(),
  kernel: z.string().optional(),
  /** What the kernel starts. */
  init: z.string().optional(),
  nixos: z.string().optional(),
  label: z.string().optional(),
  /** Word by word, in order. */
  parameters: z.array(z.string()),
  /** What the system runs, by name; absent where that is not known. */
  services: z
    .array(
      z.object({
        name: z.string(),
        description: z.string().optional(),
        commands: z.array(z.string()),
        wantedBy: z.array(z.string()),
      }),
    )
    .optional(),
  /** Why the services are not known, and what would make them so. */
  untold: z.string().optional(),
  cure: z.string().optional(),
});

export type InsideView = z.infer<typeof inside>;
