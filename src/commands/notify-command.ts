/** The command line of who is told of what happens. */

import type { Command } from "commander";
import {
  adminRequest,
  type ListFlags,
  listFlags,
  listOptions,
  print,
  type RequestOf,
} from "./admin-flags.ts";

/** Adds `notify list` and `notify test`. */
export function addNotify(program: Command, requestOf: RequestOf): void {
  const notify = program
    .command("notify")
    .summary("say who is told of what happens, or try whether that works")
    .description("Lists and tries the places that 'notify:' in the configuration names.");
  listFlags(notify.command("list"))
    .summary("list who is told of what happens")
    .description(
      "Lists the places of 'notify:', what has not arrived there yet, and how the last attempt went.",
    )
    .action(async (flags: ListFlags) => {
      const { listTargets } = await import("./notify.ts");
      print(await listTargets(adminRequest(flags, requestOf), listOptions(flags)));
    });
  listFlags(notify.command("test"))
    .summary("send a test message, and say what came back")
    .description(
      "Has the server send a test message; where none runs, sends it from here. Ends with 1 if one does not arrive.",
    )
    .argument("[PLACE]", "one of 'notify:' (all of them)")
    .action(async (name: string | undefined, flags: ListFlags) => {
      const { tryTargets } = await import("./notify.ts");
      await tryTargets(adminRequest(flags, requestOf), name, { ...listOptions(flags), print });
    });
}
