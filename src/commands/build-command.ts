/** The arguments of `mayfly build` and `mayfly builds`. */

import type { Command } from "commander";
import type { SettingsRequest } from "../config/load.ts";

interface PlaceFlags {
  readonly config?: string;
  readonly media?: string;
  readonly state?: string;
  readonly admin?: string;
}

interface BuildFlags extends PlaceFlags {
  readonly all?: boolean;
  readonly local?: boolean;
  readonly cancel?: boolean;
  readonly detach?: boolean;
}

interface ListFlags extends PlaceFlags {
  readonly json?: boolean;
}

type RequestOf = (flags: PlaceFlags) => SettingsRequest;

/** Adds the commands; `stopSignal` gives the signal that Ctrl-C aborts. */
export function addBuild(program: Command, requestOf: RequestOf, stopSignal: () => AbortSignal): void {
  placeFlags(program.command("build"))
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
    .action(async (hosts: readonly string[], flags: BuildFlags) => {
      const [{ build }, { createBuildScreen }] = await Promise.all([
        import("./build.ts"),
        import("./build-screen.ts"),
      ]);
      await build(requestFor(flags, requestOf), {
        hosts,
        all: flags.all === true,
        local: flags.local === true,
        cancel: flags.cancel === true,
        detach: flags.detach === true,
        signal: stopSignal(),
        screen: createBuildScreen(process.stdout),
      });
    });
  placeFlags(program.command("builds"))
    .summary("say what was built last, and how that went")
    .description("Lists the last build of each host; with HOST all that are kept, and the end of nix's log.")
    .argument("[HOST]", "a host")
    .option("--json", "for programs")
    .action(async (host: string | undefined, flags: ListFlags) => {
      const { listBuilds } = await import("./builds.ts");
      const { isTTY, columns } = process.stdout;
      const width = isTTY && columns > 0 ? { width: columns } : {};
      const options = { json: flags.json === true, ...width };
      for (const line of await listBuilds(requestFor(flags, requestOf), host, options)) console.log(line);
    });
}

function placeFlags(command: Command): Command {
  return command
    .option("-c, --config <file>", "the configuration (mayfly.yaml beside the media folder)")
    .option("-m, --media <folder>", "the media folder (boot-media)")
    .option("--state <folder>", "the state folder ($STATE_DIRECTORY, else .mayfly)")
    .option("--admin <host:port>", "where the server's admin plane is (127.0.0.1:8081)");
}

/** Only what says where things are. */
function requestFor({ config, media, state, admin }: PlaceFlags, requestOf: RequestOf): SettingsRequest {
  return requestOf({
    ...(config === undefined ? {} : { config }),
    ...(media === undefined ? {} : { media }),
    ...(state === undefined ? {} : { state }),
    ...(admin === undefined ? {} : { admin }),
  });
}
