/** The command line of rollouts: who gets which generation. */

import type { Command } from "commander";
import {
  adminRequest,
  type ListFlags,
  listFlags,
  listOptions,
  print,
  type RequestOf,
} from "./admin-flags.ts";

const TARGET = "the name of a host or a group";
const GENERATION = "its number or id, as 'mayfly generations HOST' lists them";

const PLAIN = [
  [
    "unpin",
    "give what is rolled out again",
    "Gives what is rolled out again, instead of a pinned generation.",
  ],
  [
    "promote",
    "give a new generation to everybody",
    "Gives the generation that waits to everybody; one that was marked bad or rolled back, all the same.",
  ],
  ["hold", "give no machine a new generation for the moment", "Machines that have the new one keep it."],
  ["release", "give new generations again", "Goes on with what was held."],
] as const;

/** Adds the commands to the program; each loads what it needs when it is called. */
export function addRolloutCommands(program: Command, requestOf: RequestOf): void {
  listFlags(program.command("rollouts"))
    .summary("list which generation each host gets, and why")
    .description(
      "Lists which generation each host gets, why it is not the newest, and which machines try it.",
    )
    .argument("[HOST|GROUP]", TARGET)
    .action(async (name: string | undefined, flags: ListFlags) => {
      const { listRollouts } = await import("./rollouts.ts");
      print(await listRollouts(adminRequest(flags, requestOf), name, listOptions(flags)));
    });
  addRollback(program, requestOf);
  addPin(program, requestOf);
  for (const [name, summary, description] of PLAIN) {
    listFlags(program.command(name))
      .summary(summary)
      .description(description)
      .argument("<HOST|GROUP>", TARGET)
      .action(async (target: string, flags: ListFlags) => {
        const { steerPlain } = await import("./rollouts.ts");
        print(await steerPlain(adminRequest(flags, requestOf), target, name, flags.json === true));
      });
  }
  addBootOnce(program, requestOf);
}

function addRollback(program: Command, requestOf: RequestOf): void {
  listFlags(program.command("rollback"))
    .summary("go back to the good generation before, or to another one")
    .description(
      "Gives the good generation before the present one to the next boots, or the one named. What is left is not given again; what is published later is.",
    )
    .argument("<HOST|GROUP>", TARGET)
    .argument("[GENERATION]", GENERATION)
    .action(async (name: string, generation: string | undefined, flags: ListFlags) => {
      const { rollback } = await import("./rollouts.ts");
      print(await rollback(adminRequest(flags, requestOf), name, generation, flags.json === true));
    });
}

function addPin(program: Command, requestOf: RequestOf): void {
  listFlags(program.command("pin"))
    .summary("give one generation until it is unpinned")
    .description("Gives one generation whatever is published; without GENERATION, what everybody gets now.")
    .argument("<HOST|GROUP>", TARGET)
    .argument("[GENERATION]", GENERATION)
    .action(async (name: string, generation: string | undefined, flags: ListFlags) => {
      const { pin } = await import("./rollouts.ts");
      print(await pin(adminRequest(flags, requestOf), name, generation, flags.json === true));
    });
}

function addBootOnce(program: Command, requestOf: RequestOf): void {
  listFlags(program.command("boot-once"))
    .summary("give a generation to the next boot alone")
    .description(
      "Gives a generation to the next boot of a host, or of one of its machines, and to that alone.",
    )
    .argument("<HOST|MAC>", "the name of a host (the first of its machines that asks), or a MAC address")
    .argument("[GENERATION]", GENERATION)
    .option("--cancel", "take it back")
    .action(
      async (
        subject: string,
        generation: string | undefined,
        flags: ListFlags & { readonly cancel?: boolean },
        command: Command,
      ) => {
        const { bootOnce, cancelOnce } = await import("./rollouts.ts");
        const { cancel, json = false, ...rest } = flags;
        const request = adminRequest(rest, requestOf);
        if (cancel === true) print(await cancelOnce(request, subject, json));
        else if (generation === undefined) command.error("error: missing required argument 'GENERATION'");
        else print(await bootOnce(request, subject, generation, json));
      },
    );
}
