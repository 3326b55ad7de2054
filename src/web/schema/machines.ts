/** Machines and approvals as the API has them. */

import * as z from "zod";
import { TAKEN_NAME } from "../../boot/hosts.ts";
import { pageFields, pageQuery } from "../paging.ts";
import { hostName } from "./identity.ts";

export const approveBody = z.strictObject({
  host: hostName.refine((name) => name !== TAKEN_NAME, `want another name: '${TAKEN_NAME}' is not a host's`),
});

export const machinesQuery = pageQuery.extend({
  /** Only those that a host names, or only those that none does. */
  known: z.enum(["true", "false"]).optional(),
});

/** What a machine was told. */
export const told = z.object({
  type: z.enum(["chain", "firmware", "image", "script", "refused", "stranger", "silent"]),
  reason: z.string().optional(),
  host: z.string().optional(),
  generation: z.string().optional(),
});

/** What a machine was told when it asked last. */
export const lastTold = told.extend({
  /** The same for people, as the end of `It was told …`. */
  text: z.string(),
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
  told: lastTold,
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
  /** Our interface that it last asked on. */
  interface: z.string().optional(),
});

export const machines = z.object({ ...pageFields, machines: z.array(machine) });

/** Which host a machine was approved as. */
export const approvedAs = z.object({ mac: z.string(), host: z.string() });

export const wakeCall = z.object({
  mac: z.string(),
  /** By which interfaces the magic packet left. */
  interfaces: z.array(z.string()),
});

export const approval = z.object({
  mac: z.string(),
  host: z.string(),
  /** The host that it was approved as before. */
  before: z.string().optional(),
  notes: z.array(z.string()),
});

export const removal = z.object({ mac: z.string(), host: z.string().optional() });

export type MachineView = z.infer<typeof machine>;
export type ApprovalView = z.infer<typeof approval>;
