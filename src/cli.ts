/** The command line: arguments, exit codes and signals; the only place that ends the process. */

import { readFile } from "node:fs/promises";
import { constants } from "node:os";
import { Command, CommanderError } from "commander";
import { addBoots } from "./commands/boots-command.ts";
import { addBuild } from "./commands/build-command.ts";
import { addCapture } from "./commands/capture-command.ts";
import { addDoctor } from "./commands/doctor-command.ts";
import { addExplain } from "./commands/explain-command.ts";
import { addGenerationCommands } from "./commands/generation-commands.ts";
import { addImport } from "./commands/import-command.ts";
import { addMachineCommands } from "./commands/machine-commands.ts";
import { addPrintConfig } from "./commands/print-config-command.ts";
import { addRolloutCommands } from "./commands/rollout-commands.ts";
import { addRpi4 } from "./commands/rpi4-command.ts";
import type { StartServer } from "./commands/serve.ts";
import { addState } from "./commands/state-command.ts";
import { addToken } from "./commands/token-command.ts";
import { addTry } from "./commands/try-command.ts";
import type { SettingsRequest } from "./config/load.ts";
import type { Flags } from "./config/sources.ts";

/** 1: the world failed. 2: the operator erred. */
const EXIT_WORLD = 1;
const EXIT_OPERATOR = 2;

/** By name, so that the modules which have them are not loaded for it. */
const OPERATOR_ERRORS: ReadonlySet<string> = new Set([
  "ConfigError",
  "PartError",
  "ImportError",
  "MistakesError",
]);

const EXAMPLES = `
Examples:
  mayfly serve ./result          serve one image to every machine, nothing to configure
  mayfly serve                   serve boot-media/hosts: a link there is an image for a machine
  mayfly check                   say everything that is wrong with mayfly.yaml
  mayfly try ./result            boot a virtual machine from it, to see it work
  mayfly explain 52:54:00:12:34:56
                                 say what this machine would be told, and why
  mayfly doctor                  say what keeps machines from booting here, and the cure
  mayfly print-config dnsmasq    what your DHCP server needs when Mayfly leaves DHCP to it
  mayfly rpi4 assemble -d        make the boot folder of a Raspberry Pi 4
  mayfly import image.tar.zst beta
                                 take an image from elsewhere for the host beta
  mayfly machines                list machines that asked and that no host names
  mayfly approve MAC NAME        say which host one of them is
  mayfly boots --follow          watch machines boot
  mayfly capture MAC             record what a machine and the server say to each other
  mayfly token create NAME       let somebody see this server from elsewhere
  mayfly generations NAME        list every image that a host ever had, and how its boots went
  mayfly build beta              have nix build the image of a host from its flake

Exit codes: 0 all is well, 1 something failed, 2 what was written or typed is wrong.`;

type ServeFlags = Flags & {
  readonly config?: string;
  readonly install?: boolean;
  readonly token?: string;
};

async function createProgram(): Promise<Command> {
  const { version, description } = JSON.parse(
    await readFile(new URL("../package.json", import.meta.url), "utf8"),
  );
  const program = new Command("mayfly")
    .description(`${description}.`)
    .version(version, "-V, --version", "say which version this is")
    .helpOption("-h, --help", "say how it is used")
    .helpCommand("help [command]", "say how a command is used")
    .addHelpText("after", EXAMPLES)
    .showHelpAfterError("('mayfly --help' says how it is used)")
    .exitOverride();
  addServe(program);
  addCheck(program);
  addTry(program, stopSignal);
  const settings = { add: settingsFlags, request: requestOf };
  addExplain(program, settings);
  addDoctor(program, settings);
  addPrintConfig(program, settings);
  addRpi4(program, stopSignal);
  addMachineCommands(program, requestOf, stopSignal);
  addImport(program, requestOf, stopSignal);
  addState(program, requestOf);
  addToken(program, requestOf);
  addGenerationCommands(program, requestOf);
  addRolloutCommands(program, requestOf);
  addBoots(program, requestOf, stopSignal);
  addBuild(program, requestOf, stopSignal);
  addCapture(program, requestOf, stopSignal);
  return program;
}

function addServe(program: Command): void {
  settingsFlags(program.command("serve"))
    .summary("serve the media folder, or one image to every machine")
    .description(
      "Serves the media folder; with IMAGE (a nix result, or a folder with a kernel and an initrd) serves that to every machine.",
    )
    .argument("[IMAGE]", "a nix result, or a folder with a kernel and an initrd")
    .option("--install", "install boot programs first where there are none and this user may")
    .action(async (image: string | undefined, flags: ServeFlags) => {
      const { serve } = await import("./commands/serve.ts");
      await serve(requestOf(flags, image), startServer, {
        install: flags.install === true,
        signal: stopSignal(),
        print: (line) => console.log(line),
        say: (line) => console.error(line),
      });
    });
}

/** Loads the server when everything it is to do is known to make sense: a slip is told without waiting for it. */
const startServer: StartServer = async (settings, reload) => {
  const { startApp } = await import("./app.ts");
  return startApp(settings, reload);
};

function addCheck(program: Command): void {
  settingsFlags(program.command("check"))
    .summary("say everything that is wrong with the configuration")
    .description(
      "Reads the configuration as 'serve' would, and says every mistake at once. Ends with 2 if there is one.",
    )
    .action(async (flags: ServeFlags) => {
      const { check } = await import("./commands/check.ts");
      for (const line of await check(requestOf(flags))) console.log(line);
    });
}

/** The settings that have a flag; what a value must be is checked with all the rest, not here. */
function settingsFlags(command: Command): Command {
  const each = (value: string, before: readonly string[] | undefined) => [...(before ?? []), value];
  return command
    .option("-c, --config <file>", "the configuration (mayfly.yaml beside the media folder, if it is there)")
    .option("-m, --media <folder>", "the media folder (boot-media)")
    .option("--state <folder>", "what must not be forgotten is kept there ($STATE_DIRECTORY, else .mayfly)")
    .option(
      "-i, --interface <name>",
      "an interface to serve; may be repeated (all but loopback and containers')",
      each,
    )
    .option("--http-port <port>", "TCP port of what machines fetch (8080)")
    .option("--tftp-port <port>", "UDP port of TFTP (69)")
    .option(
      "--tftp-single-port",
      "TFTP through its request port alone, for machines behind address translation",
    )
    .option("--tftp-block-size <bytes>", "the largest block of TFTP (what the interface carries)")
    .option(
      "--public-address <address>",
      "where machines reach this server, if not at its interface's address",
    )
    .option("--dhcp <mode>", "proxy: beside an existing DHCP server; authoritative, observe, off (proxy)")
    .option("--admin <host:port>", "where the other commands ask this server (127.0.0.1:8081)")
    .option("--unknown <policy>", "machines that nothing matches: ignore, hold, default or local")
    .option("--ipxe <folder>", "a folder to search for boot programs; may be repeated", each)
    .option("--keep-minutes <minutes>", "how long a superseded generation is kept (60)")
    .option("--log-level <level>", "silent, error, warn, info, debug or trace (info)")
    .option("--strict", "stop when a port cannot be opened");
}

function requestOf(
  given: ServeFlags & { readonly interface?: readonly string[] },
  image?: string,
): SettingsRequest {
  const { config, install: _install, interface: interfaces, token, ...flags } = given;
  return {
    flags: interfaces === undefined ? flags : { ...flags, interfaces },
    env: process.env,
    cwd: process.cwd(),
    ...(config === undefined ? {} : { configFile: config }),
    ...(image === undefined ? {} : { image }),
    ...(token === undefined ? {} : { token }),
  };
}

/** Aborted by the first SIGINT or SIGTERM; the second one ends the process at once. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(128 + constants.signals[name]);
      controller.abort();
    });
  }
  return controller.signal;
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_OPERATOR;
  return error instanceof Error && OPERATOR_ERRORS.has(error.name) ? EXIT_OPERATOR : EXIT_WORLD;
}

/** The message and those of its causes, which say what was tried and what the system answered; none of them twice. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? "" : messageOf(error.cause);
  return error.message.includes(cause) ? error.message : `${error.message} (${cause})`;
}

try {
  const program = await createProgram();
  await program.parseAsync();
  process.exit(0);
} catch (error) {
  // commander has said its own errors already.
  if (!(error instanceof CommanderError)) console.error(`mayfly: ${messageOf(error)}`);
  process.exit(exitCodeOf(error));
}
