/** The command line of `mayfly capture`. */

import type { Command } from "commander";
import { ConfigError } from "../config/mistake.ts";
import { type AdminFlags, adminFlags, adminRequest, type RequestOf } from "./admin-flags.ts";

interface CaptureFlags extends AdminFlags {
  readonly out?: string;
  readonly seconds?: string;
  readonly full?: boolean;
  readonly address?: string;
  readonly json?: boolean;
}

const OWN_FILE = "a file to write to: standard output has the JSON";

/** @param stopSignal - aborted when it is enough */
export function addCapture(program: Command, requestOf: RequestOf, stopSignal: () => AbortSignal): void {
  adminFlags(program.command("capture"))
    .summary("record what one machine and the server say to each other")
    .description(
      "Writes a file for Wireshark with what one machine and the running server say to each other, and what was " +
        "decided as comments, until the machine's boot ends. To be sent with a bug report; no rights are needed for " +
        "it, and no token of a check-in is in it.",
    )
    .argument("<MAC>", "the machine")
    .option("-o, --out <file>", "where it goes, '-' for standard output (MAC-TIME.pcapng)")
    .option("-s, --seconds <count>", "how long, whatever the boot does")
    .option("--full", "keep files whole, and not only the beginning of each")
    .option("--address <address>", "what goes to and comes from this address too, whoever is there")
    .option("--json", "for programs: what was written, at the end")
    .action(async (mac: string, { out, seconds, full, address, json, ...flags }: CaptureFlags) => {
      const { capture } = await import("./capture.ts");
      const isForProgram = json === true;
      if (isForProgram && out === "-")
        throw new ConfigError([{ place: "--json", read: "with --out -", want: OWN_FILE }]);
      await capture(adminRequest(flags, requestOf), {
        mac,
        full: full === true,
        ...(out === undefined ? {} : { out }),
        ...(seconds === undefined ? {} : { seconds }),
        ...(address === undefined ? {} : { address }),
        signal: stopSignal(),
        say: (line) => console.error(line),
        done: (written) => isForProgram && console.log(JSON.stringify(written, undefined, 2)),
      });
    });
}
