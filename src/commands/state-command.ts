/** The arguments of `mayfly state`. */

import type { Command } from "commander";
import { type PlaceFlags, placeFlags, placeOf, type RequestOf } from "./place-flags.ts";

export function addState(program: Command, requestOf: RequestOf): void {
  const state = program
    .command("state")
    .summary("what to do about a state folder that cannot be used")
    .description("The state folder keeps what must not be forgotten: leases, approvals, pins, histories.");
  placeFlags(state.command("set-aside"))
    .summary("begin anew, and keep what is there under another name")
    .description(
      "Renames the database of the state folder, so that the server begins with an empty one. Nothing is " +
        "removed. For one that is damaged, or that a newer version wrote.",
    )
    .option("--json", "for programs")
    .action(async (flags: PlaceFlags & { readonly json?: boolean }) => {
      const { setAside } = await import("./state.ts");
      const lines = await setAside(placeOf(flags, requestOf), new Date(), flags.json === true);
      for (const line of lines) console.log(line);
    });
}
