/** The command line of what is remembered of generations. */

import type { Command } from "commander";
import {
  adminRequest,
  type ListFlags,
  listFlags,
  listOptions,
  print,
  type RequestOf,
} from "./admin-flags.ts";

/** Adds the commands to the program; each loads what it needs when it is called. */
export function addGenerationCommands(program: Command, requestOf: RequestOf): void {
  addGenerations(program, requestOf);
  addDiff(program, requestOf);
  addShow(program, requestOf);
}

function addGenerations(program: Command, requestOf: RequestOf): void {
  listFlags(program.command("generations"))
    .summary("list every generation that a host's image ever had")
    .description(
      "Lists every generation that a host's image ever had, the latest last: what it is and how its boots went. " +
        "With two numbers says what changed from the one to the other.",
    )
    .argument("<HOST>", "the name of a host")
    .argument("[A]", "the number of a generation")
    .argument("[B]", "the number of another one")
    .action(async (host: string, a: string | undefined, b: string | undefined, flags: ListFlags) => {
      const { diffGenerations, listGenerations } = await import("./generations.ts");
      const request = adminRequest(flags, requestOf);
      const lines =
        a === undefined
          ? listGenerations(request, host, listOptions(flags))
          : diffGenerations(request, host, given(a, b), listOptions(flags));
      print(await lines);
    });
}

function addDiff(program: Command, requestOf: RequestOf): void {
  listFlags(program.command("diff"))
    .summary("say what changed between two generations of a host's image")
    .description(
      "Says what changed from generation A to B: kernel, parameters, packages. Without B to the one that boots " +
        "get now, without A from the one before.",
    )
    .argument("<HOST>", "the name of a host")
    .argument("[A]", "the number of a generation")
    .argument("[B]", "the number of another one")
    .action(async (host: string, a: string | undefined, b: string | undefined, flags: ListFlags) => {
      const { diffGenerations } = await import("./generations.ts");
      print(await diffGenerations(adminRequest(flags, requestOf), host, given(a, b), listOptions(flags)));
    });
}

function addShow(program: Command, requestOf: RequestOf): void {
  listFlags(program.command("show"))
    .summary("say what is in a host's image")
    .description(
      "Says what is in a host's image without booting it: init, parameters, services and their commands.",
    )
    .argument("<HOST>", "the name of a host")
    .option("--generation <generation>", "another one than boots get now")
    .action(async (host: string, flags: ListFlags & { readonly generation?: string }) => {
      const { showInside } = await import("./show.ts");
      const { generation, ...rest } = flags;
      print(await showInside(adminRequest(rest, requestOf), host, generation, listOptions(rest)));
    });
}

function given(...operands: readonly (string | undefined)[]): string[] {
  return operands.filter((operand) => operand !== undefined);
}
