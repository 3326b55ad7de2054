/** The arguments of `mayfly doctor`. */

import { type Command, InvalidArgumentError } from "commander";
import type { Flags } from "../config/sources.ts";
import type { SettingsFlags } from "./print-config-command.ts";

type DoctorFlags = Flags & { readonly json?: boolean; readonly probe?: boolean; readonly seconds?: number };

/** A server that looks first whether an address is free takes 3 s; switches speak every 2 s. */
const SECONDS = 6;
const MAX_SECONDS = 60;

export function addDoctor(program: Command, settings: SettingsFlags): void {
  settings
    .add(program.command("doctor"))
    .summary("say what keeps machines from booting here")
    .description(
      "Looks at the configuration, ports and rights, interfaces, firewall, boot programs, images, the state " +
        "folder, the disk and the clock. Sends nothing and changes nothing; a server may run or not. With --probe it " +
        "asks the networks as firmware does, takes nothing of what is offered, and says who else serves them. Ends with " +
        "1 if there is a fault, with 2 if the configuration has mistakes.",
    )
    .option("--probe", "send a DISCOVER, and say which DHCP and boot servers answer; as root")
    .option("--seconds <seconds>", `how long to listen for the answers (${SECONDS})`, secondsOf)
    .option("--json", "for programs")
    .action(async ({ json, probe, seconds = SECONDS, ...flags }: DoctorFlags) => {
      const { doctor } = await import("./doctor.ts");
      const print = (text: string) => console.log(text);
      await doctor(settings.request(flags), {
        ...{ json: json === true, print },
        ...(probe === true ? { probeSeconds: seconds } : {}),
      });
    });
}

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (/^\d+$/.test(text) && seconds >= 1 && seconds <= MAX_SECONDS) return seconds;
  throw new InvalidArgumentError(`want whole seconds from 1 to ${MAX_SECONDS}`);
}
