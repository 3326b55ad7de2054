/** Whether machines may log to this server. */

import * as z from "zod";
import { SYSLOG_PORT } from "../wire/syslog/message.ts";

const WANT = "true, false, or a port from 1 to 65535";

export const SYSLOG_SHAPE = {
  syslog: z
    .union(
      [z.boolean(), z.number().int({ error: WANT }).min(1, { error: WANT }).max(65_535, { error: WANT })],
      { error: WANT },
    )
    .nullish()
    .describe(
      "Whether what machines log is received and put into the timeline of their boots: true for UDP 514, which " +
        "iPXE is then told by DHCP and by its script, or another port, which it cannot be told. Default: false.",
    ),
};

/** @returns the port; `undefined`: none */
export function syslogPort(raw: boolean | number | null | undefined): number | undefined {
  if (raw === true) return SYSLOG_PORT;
  return typeof raw === "number" ? raw : undefined;
}
