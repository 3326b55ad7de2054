/** Shapes of the API: what requests may hold, and what answers do. */

import * as z from "zod";
import { isHostName } from "../boot/hosts.ts";
import { parseMac } from "../wire/net/mac.ts";

/** In any spelling that people use; read as it is spelt inside. */
const mac = z.string().transform((text, context) => {
  const parsed = parseMac(text);
  if (parsed === undefined) context.addIssue("want a MAC address of one machine such as 52:54:00:12:34:56");
  return parsed ?? z.NEVER;
});

export const macParams = z.object({ mac });

export const approveBody = z.strictObject({
  host: z
    .string()
    .refine(
      isHostName,
      "want a host's name: letters, digits, '.', '_' and '-', the first one a letter or a digit",
    ),
});

const PAGE_SIZE = 1000;

export const machinesQuery = z.object({
  /** Only those that a host names, or only those that none does. */
  known: z.enum(["true", "false"]).optional(),
  offset: z.coerce.number().int().min(0).max(100_000).default(0),
  limit: z.coerce.number().int().min(1).max(PAGE_SIZE).default(PAGE_SIZE),
});

const told = z.object({
  type: z.enum(["chain", "firmware", "image", "script", "refused", "stranger", "silent"]),
  reason: z.string().optional(),
  host: z.string().optional(),
  generation: z.string().optional(),
});

export const machine = z.object({
  mac: z.string(),
  /** The host that it is now; absent for one that nothing matches. */
  host: z.string().optional(),
  /** The host that it was approved as, whether or not that counts. */
  approved: z.string().optional(),
  firstSeen: z.iso.datetime(),
  lastSeen: z.iso.datetime(),
  visits: z.int(),
  told,
  arch: z.string().optional(),
  uuid: z.string().optional(),
  serial: z.string().optional(),
  vendor: z.string().optional(),
  manufacturer: z.string().optional(),
  product: z.string().optional(),
  asset: z.string().optional(),
  nic: z.string().optional(),
  platform: z.string().optional(),
  address: z.string().optional(),
});

export const machines = z.object({ total: z.int(), machines: z.array(machine) });

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
  generation: z.object({ id: z.string(), kernel: z.string().optional() }).optional(),
  /** Why what lies at the image's place now is not served. */
  trouble: z.string().optional(),
  lastSeen: z.iso.datetime().optional(),
  told: told.optional(),
});

export const hosts = z.object({ hosts: z.array(host) });

export const approval = z.object({
  mac: z.string(),
  host: z.string(),
  /** The host that it was approved as before. */
  before: z.string().optional(),
  notes: z.array(z.string()),
});

export const removal = z.object({ mac: z.string(), host: z.string().optional() });

export type MachineView = z.infer<typeof machine>;
export type HostView = z.infer<typeof host>;
export type ApprovalView = z.infer<typeof approval>;
