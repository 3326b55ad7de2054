/** Hosts as the API shows them. */

import * as z from "zod";
import { pageFields } from "../paging.ts";
import { told } from "./machines.ts";

export const host = z.object({
  name: z.string(),
  /** Whether it is the host of machines that nothing matches. */
  isDefault: z.boolean(),
  macs: z.array(z.string()),
  uuids: z.array(z.string()),
  serials: z.array(z.string()),
  /** Those of its addresses that were approved. */
  approved: z.array(z.string()),
  image: z.string(),
  /** What a boot that starts now gets; absent while there is no complete image. */
  generation: z
    .object({
      id: z.string(),
      kernel: z.string().optional(),
      /** How it can be booted, where not every way will do. */
      limit: z.string().optional(),
    })
    .optional(),
  /** Why it is not the newest, where it is not. */
  because: z.string().optional(),
  /** Why what lies at the image's place now is not served. */
  trouble: z.string().optional(),
  lastSeen: z.iso.datetime().optional(),
  told: told.optional(),
});

export const hosts = z.object({ ...pageFields, hosts: z.array(host) });

export type HostView = z.infer<typeof host>;
