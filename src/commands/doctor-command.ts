/** The arguments of `mayfly doctor`. */

import type { Command } from "commander";
import type { Flags } from "../config/sources.ts";
import type { SettingsFlags } from "./print-config-command.ts";

type DoctorFlags = Flags & { readonly json?: boolean };

export function addDoctor(program: Command, settings: SettingsFlags): void {
  settings
    .add(program.command("doctor"))
    .summary("say what keeps machines from booting here")
    .description(
      "Looks at the configuration, ports and rights, interfaces, firewall, boot programs, images, the state " +
        "folder, the disk and the clock. Sends nothing and changes nothing; a server may run or not. Ends with " +
        "1 if there is a fault, with 2 if the configuration has mistakes.",
    )
    .option("--json", "for programs")
    .action(async ({ json, ...flags }: DoctorFlags) => {
      const { doctor } = await import("./doctor.ts");
      const print = (text: string) => console.log(text);
      await doctor(settings.request(flags), { json: json === true, print });
    });
}
