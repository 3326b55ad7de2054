/** What a machine was told the last time, in a few words for a table. */

import type { MachineView } from "../web/schema/machines.ts";

export function toldText({ type, reason, host }: MachineView["told"]): string {
  switch (type) {
    case "chain":
      return "to start iPXE";
    case "firmware":
      return "to fetch a Pi's boot files";
    case "image":
    case "script":
      return `to boot ${host}`;
    case "stranger":
      return reason === "hold" ? "to wait" : "to go on";
    case "refused":
      return `why it cannot boot (${reason})`;
    case "silent":
      return `nothing (${reason})`;
  }
}
