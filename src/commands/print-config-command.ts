/** The arguments of `mayfly print-config`. */

import type { Command } from "commander";
import type { SettingsRequest } from "../config/load.ts";
import type { Flags } from "../config/sources.ts";

/** How a command takes the settings' flags, and what they come to. */
export interface SettingsFlags<Given extends Flags = Flags> {
  readonly add: (command: Command) => Command;
  readonly request: (given: Given) => SettingsRequest;
}

type PrintConfigFlags = Flags & { readonly address?: string; readonly list?: boolean };

export function addPrintConfig(program: Command, settings: SettingsFlags): void {
  settings
    .add(program.command("print-config"))
    .summary("print what another DHCP server needs, so that machines boot from this one")
    .description(
      "Prints what to put into the DHCP server SERVER, where that is to name the boot files itself and " +
        "Mayfly runs with 'dhcp: off'. Changes nothing; Mayfly need not run.",
    )
    .argument("[SERVER]", "its name; --list tells them")
    .option("-a, --address <address>", "the address at which machines reach Mayfly (that of the interface)")
    .option("-l, --list", "list the servers that there is advice for")
    .action(async (product: string | undefined, { address, list, ...flags }: PrintConfigFlags) => {
      const { listProducts, printConfig } = await import("./print-config.ts");
      if (list === true) {
        for (const line of listProducts()) console.log(line);
        return;
      }
      const options = { product: product ?? "", ...(address === undefined ? {} : { address }) };
      process.stdout.write(await printConfig(settings.request(flags), options));
    });
}
