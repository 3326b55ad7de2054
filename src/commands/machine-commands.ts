/** The command line of what is asked of a running server: hosts, machines, approvals. */

import type { Command } from "commander";
import {
  type AdminFlags,
  adminFlags,
  adminRequest,
  type ListFlags,
  listFlags,
  listOptions,
  print,
  type RequestOf,
} from "./admin-flags.ts";

/** Adds the commands to the program; each loads what it needs when it is called. */
export function addMachineCommands(program: Command, requestOf: RequestOf, stop: () => AbortSignal): void {
  addHosts(program, requestOf);
  addMachines(program, requestOf);
  addApprove(program, requestOf);
  addUnapprove(program, requestOf);
  addForget(program, requestOf);
  addWake(program, requestOf);
  addEvents(program, requestOf, stop);
}

function addHosts(program: Command, requestOf: RequestOf): void {
  const hosts = listFlags(program.command("hosts"))
    .summary("list the hosts of a running server")
    .description("Lists the machines that have a name: what each gets, and when it was last seen.")
    .action(async (flags: ListFlags) => {
      const { listHosts } = await import("./hosts.ts");
      print(await listHosts(adminRequest(flags, requestOf), listOptions(flags)));
    });
  adminFlags(hosts.command("export"))
    .summary("print what was approved as text for mayfly.yaml")
    .description("Prints hosts with their approved addresses as they would stand in mayfly.yaml.")
    .action(async (_flags: AdminFlags, command: Command) => {
      const { exportHosts } = await import("./hosts.ts");
      process.stdout.write(await exportHosts(adminRequest(command.optsWithGlobals(), requestOf)));
    });
}

function addMachines(program: Command, requestOf: RequestOf): void {
  listFlags(program.command("machines"))
    .summary("list machines that asked a running server and that no host names")
    .description("Lists machines that have asked: those that no host names, with --all every one.")
    .option("--all", "machines that a host names too")
    .action(async (flags: ListFlags & { readonly all?: boolean }) => {
      const { listMachines } = await import("./machines.ts");
      const { all = false, ...rest } = flags;
      print(await listMachines(adminRequest(rest, requestOf), { ...listOptions(rest), all }));
    });
}

function addApprove(program: Command, requestOf: RequestOf): void {
  listFlags(program.command("approve"))
    .summary("say which host a machine is")
    .description("Makes a machine the host NAME from now on; a machine that is held boots at once.")
    .argument("<MAC>", "its MAC address, in any spelling")
    .argument("<HOST>", "the name of a host, or of an entry in boot-media/hosts, there already or not yet")
    .action(async (mac: string, name: string, flags: ListFlags) => {
      const { approve } = await import("./machines.ts");
      print(await approve(adminRequest(flags, requestOf), mac, name, flags.json === true));
    });
}

function addUnapprove(program: Command, requestOf: RequestOf): void {
  listFlags(program.command("unapprove"))
    .summary("take an approval back")
    .description("Takes back that a machine was approved; a boot that is under way goes on.")
    .argument("<MAC>", "its MAC address, in any spelling")
    .action(async (mac: string, flags: ListFlags) => {
      const { unapprove } = await import("./machines.ts");
      print(await unapprove(adminRequest(flags, requestOf), mac, flags.json === true));
    });
}

function addForget(program: Command, requestOf: RequestOf): void {
  listFlags(program.command("forget"))
    .summary("forget that a machine was seen and approved")
    .description("Forgets a machine until it asks again: that it was seen, and that it was approved.")
    .argument("<MAC>", "its MAC address, in any spelling")
    .action(async (mac: string, flags: ListFlags) => {
      const { forget } = await import("./machines.ts");
      print(await forget(adminRequest(flags, requestOf), mac, flags.json === true));
    });
}

function addWake(program: Command, requestOf: RequestOf): void {
  listFlags(program.command("wake"))
    .summary("switch a machine on (Wake-on-LAN)")
    .description("Sends a magic packet on the network that the machine was last seen on, else on all.")
    .argument("<HOST|MAC>", "a host's name, or a MAC address in any spelling")
    .action(async (who: string, flags: ListFlags) => {
      const { wake } = await import("./wake.ts");
      print(await wake(adminRequest(flags, requestOf), who, flags.json === true));
    });
}

function addEvents(program: Command, requestOf: RequestOf, stop: () => AbortSignal): void {
  listFlags(program.command("events"))
    .summary("tell what happens on a running server, as it happens")
    .description("Tells what happens until it is stopped, through a restart of the server too.")
    .argument("[HOST|MAC]", "only what concerns this host, or this machine")
    .option("--types <types>", "only these, separated by commas: session,transfer,published,…")
    .action(async (who: string | undefined, flags: ListFlags & { readonly types?: string }) => {
      const { followEvents } = await import("./events.ts");
      const { types, json, ...rest } = flags;
      await followEvents(adminRequest(rest, requestOf), {
        json: json === true,
        signal: stop(),
        print: (line) => console.log(line),
        width: () => (process.stdout.isTTY ? process.stdout.columns : undefined),
        ...(who === undefined ? {} : { who }),
        ...(types === undefined ? {} : { types }),
      });
    });
}
