/** How the server is, as the API shows it. */

import * as z from "zod";
import { SCOPES } from "../../boot/access/token.ts";

const otherServer = z.object({
  address: z.string(),
  /** Of what sent its answer; absent where only a machine named it. */
  mac: z.string().optional(),
  interface: z.string(),
  givesAddresses: z.boolean(),
  /** What it gives to boot, in words; absent: nothing, or what leads to this server. */
  boots: z.string().optional(),
  /** When it was heard last. */
  last: z.iso.datetime(),
});

const serving = z.object({
  version: z.string(),
  started: z.iso.datetime(),
  dhcp: z.enum(["proxy", "authoritative", "observe", "off"]),
  httpPort: z.int(),
  /** Absent: TFTP could not be opened. */
  tftpPort: z.int().optional(),
  interfaces: z.array(z.object({ name: z.string(), address: z.string() })),
  /** DHCP and boot servers beside this one that were heard in the last day; absent where DHCP is not served. */
  otherServers: z.array(otherServer).optional(),
});

export const status = serving.extend({
  uptimeSeconds: z.int(),
  counts: z.object({
    hosts: z.int(),
    /** Hosts with a complete image. */
    ready: z.int(),
    machines: z.int(),
    /** Machines that have asked and that no host names. */
    unknown: z.int(),
    /** Current ones, and older ones that boots under way may still need. */
    generations: z.int(),
  }),
  /** Who asks. */
  you: z.object({ name: z.string(), scope: z.enum(SCOPES) }),
});

export type ServerStatus = z.infer<typeof status>;
export type Serving = z.infer<typeof serving>;
export type OtherServerView = z.infer<typeof otherServer>;
