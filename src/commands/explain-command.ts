/** The arguments of `mayfly explain`. */

import { type Command, Option } from "commander";
import type { DhcpStage } from "../boot/client.ts";
import type { Flags } from "../config/sources.ts";
import type { SettingsFlags } from "./print-config-command.ts";

type ExplainFlags = Flags & {
  readonly address?: string;
  readonly arch?: string;
  readonly stage?: DhcpStage;
  readonly vendorClass?: string;
  readonly uuid?: string;
  readonly serial?: string;
  readonly json?: boolean;
};

const STAGES: readonly DhcpStage[] = ["rom", "pi-rom", "uefi", "http-boot", "u-boot", "ipxe"];

export function addExplain(program: Command, settings: SettingsFlags): void {
  settings
    .add(program.command("explain"))
    .summary("say what a machine would be told, and why")
    .description(
      "Says what Mayfly would tell the machine with this MAC address, stage by stage, and why; or reads a " +
        "capture of a boot (tcpdump's or Wireshark's) and explains each packet. Sends nothing; Mayfly need not run.",
    )
    .argument("<MAC|FILE>", "a MAC address, or a capture file")
    .option("-a, --address <address>", "the address at which machines reach Mayfly (that of the interface)")
    .option("--arch <arch>", "its architecture: bios, x64, arm64, x64-http, or a number of DHCP option 93")
    .addOption(new Option("--stage <stage>", "explain this stage alone").choices(STAGES))
    .option("--vendor-class <text>", "its DHCP option 60, as in PXEClient:Arch:00007:UNDI:003000")
    .option("--uuid <uuid>", "its SMBIOS UUID")
    .option("--serial <serial>", "its serial number")
    .option("--json", "print it for a program")
    .action(async (subject: string, flags: ExplainFlags) => {
      const { address, arch, stage, vendorClass, uuid, serial, json, ...rest } = flags;
      const { explain } = await import("./explain.ts");
      const text = await explain(settings.request(rest), {
        subject,
        json: json === true,
        ...(address === undefined ? {} : { address }),
        ...(arch === undefined ? {} : { arch }),
        ...(stage === undefined ? {} : { stage }),
        ...(vendorClass === undefined ? {} : { vendorClass }),
        ...(uuid === undefined ? {} : { uuid }),
        ...(serial === undefined ? {} : { serial }),
      });
      process.stdout.write(text);
    });
}
