/** Hosts as the API shows them. */

import * as z from "zod";
import { pageFields } from "../paging.ts";
import { lastTold } from "./machines.ts";
import { outcome } from "./sessions.ts";

/** How a host booted last, in short; of a host with several machines that of the one that began last. */
export const lastBoot = z.object({
  id: z.string(),
  mac: z.string(),
  outcome,
  start: z.iso.datetime(),
  /** When something of it was seen last. */
  last: z.iso.datetime(),
  /** From the first packet until it had everything; absent until then. */
  fetchedAfterMs: z.number().optional(),
  address: z.string().optional(),
  /** What it was given. */
  generation: z.string().optional(),
  /** Which NixOS that is, by what it has said when it was up, or by what it was given. */
  nixos: z.string().optional(),
  /** As it has said when it was up. */
  kernel: z.string().optional(),
  /** What is missing on it, by what it has said; absent: nothing, or it has said nothing. */
  missing: z.array(z.string()).optional(),
  /** What is wrong with it: docs/errors.md explains each code. */
  diagnosis: z.object({ code: z.string(), what: z.string() }).optional(),
});

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
      /** As `nixos-version` would say, where the image tells. */
      nixos: z.string().optional(),
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
  told: lastTold.optional(),
  lastBoot: lastBoot.optional(),
});

export const hosts = z.object({ ...pageFields, hosts: z.array(host) });

export type LastBootView = z.infer<typeof lastBoot>;
export type HostsPage = z.infer<typeof hosts>;
export type HostView = z.infer<typeof host>;
