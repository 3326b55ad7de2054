/** How the server is, as the API shows it. */

import * as z from "zod";
import { SCOPES } from "../../boot/access/token.ts";

const serving = z.object({
  version: z.string(),
  started: z.iso.datetime(),
  dhcp: z.enum(["proxy", "authoritative", "observe", "off"]),
  httpPort: z.int(),
  /** Absent: TFTP could not be opened. */
  tftpPort: z.int().optional(),
  interfaces: z.array(z.object({ name: z.string(), address: z.string() })),
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
