/** What a machine was told the last time, in a few words: the end of `It was told …`. Pure. */

import type { Told } from "./seen.ts";

export function toldText({ type, reason, host }: Told): string {
  const why = reason === undefined ? "" : ` (${reason})`;
  switch (type) {
    case "chain":
      return "to start iPXE";
    case "firmware":
      return "to fetch a Pi's boot files";
    case "image":
    case "script":
      return `to boot ${host ?? "an image"}`;
    case "stranger":
      return reason === "hold" ? "to wait" : "to go on";
    case "refused":
      return `why it cannot boot${why}`;
    case "silent":
      return `nothing${why}`;
  }
}
