/** The command line of `mayfly boots`. */

import { type Command, InvalidArgumentError } from "commander";
import {
  adminRequest,
  type ListFlags,
  listFlags,
  listOptions,
  print,
  type RequestOf,
} from "./admin-flags.ts";

interface BootsFlags extends ListFlags {
  readonly follow?: boolean;
  readonly limit?: number;
}

/** @param stopSignal - aborted when the person has seen enough */
export function addBoots(program: Command, requestOf: RequestOf, stopSignal: () => AbortSignal): void {
  listFlags(program.command("boots"))
    .summary("list how machines have booted, or watch them boot")
    .description(
      "Lists the last boots of all machines, or of one, the last one first; of one boot shows every stage " +
        "against time, beside what it takes as a rule.",
    )
    .argument("[HOST|MAC|BOOT]", "a host, a MAC address, or a boot as this command lists it")
    .option("-f, --follow", "show boots as they go on, until stopped; of one boot until it is over")
    .option("-n, --limit <count>", "how many are listed (30)", readLimit)
    .action(async (what: string | undefined, { follow, limit, ...flags }: BootsFlags) => {
      const request = adminRequest(flags, requestOf);
      if (follow === true) {
        const { followBoots } = await import("./boots-follow.ts");
        const options = { json: flags.json === true, signal: stopSignal(), stream: process.stdout };
        await followBoots(request, what, options);
        return;
      }
      const { listBoots } = await import("./boots.ts");
      print(
        await listBoots(request, what, { ...listOptions(flags), ...(limit === undefined ? {} : { limit }) }),
      );
    });
}

const MAX_LIMIT = 500;

function readLimit(text: string): number {
  const limit = Number(text);
  if (!/^\d+$/.test(text) || limit < 1 || limit > MAX_LIMIT)
    throw new InvalidArgumentError(`want a number from 1 to ${MAX_LIMIT}`);
  return limit;
}
