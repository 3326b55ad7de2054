/** The arguments of `mayfly build` and `mayfly builds`. */

import type { Command } from "commander";
import {
  type AdminFlags,
  adminFlags,
  adminRequest,
  type ListFlags,
  listOptions,
  print,
  type RequestOf,
} from "./admin-flags.ts";
import { type PlaceFlags, stateFlag } from "./place-flags.ts";

interface BuildFlags extends AdminFlags, PlaceFlags {
  readonly all?: boolean;
  readonly local?: boolean;
  readonly cancel?: boolean;
  readonly detach?: boolean;
  readonly json?: boolean;
}

/** Adds the commands; `stopSignal` gives the signal that Ctrl-C aborts. */
export function addBuild(program: Command, requestOf: RequestOf, stopSignal: () => AbortSignal): void {
  stateFlag(adminFlags(program.command("build")))
    .summary("have nix build the images of hosts from their flakes")
    .description(
      "Has the server build the images of hosts and shows how that goes; without a server it builds them itself. " +
        "A build that fails leaves everything as it is.",
    )
    .argument("[HOST...]", "hosts that have a flake in the configuration")
    .option("-a, --all", "every host that has one")
    .option("--local", "build here, although a server may run")
    .option("--cancel", "call off what waits or runs")
    .option("-d, --detach", "do not wait for the end")
    .option("--json", "for programs: what came of each, at the end")
    .action(async (hosts: readonly string[], flags: BuildFlags) => {
      const [{ build }, { createBuildScreen, NO_SCREEN }] = await Promise.all([
        import("./build.ts"),
        import("./build-screen.ts"),
      ]);
      await build(adminRequest(flags, requestOf), {
        hosts,
        all: flags.all === true,
        local: flags.local === true,
        cancel: flags.cancel === true,
        detach: flags.detach === true,
        signal: stopSignal(),
        screen: flags.json === true ? NO_SCREEN : createBuildScreen(process.stdout),
        done: (builds) => flags.json === true && print([JSON.stringify({ builds }, undefined, 2)]),
      });
    });
  stateFlag(adminFlags(program.command("builds")))
    .summary("say what was built last, and how that went")
    .description("Lists the last build of each host; with HOST all that are kept, and the end of nix's log.")
    .argument("[HOST]", "a host")
    .option("--json", "for programs")
    .action(async (host: string | undefined, flags: ListFlags & PlaceFlags) => {
      const { listBuilds } = await import("./builds.ts");
      print(await listBuilds(adminRequest(flags, requestOf), host, listOptions(flags)));
    });
}
