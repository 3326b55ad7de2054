/** The program as commander has it: every command, its arguments and options, and how it is used. */

import { Command } from "commander";
import { addBoots } from "./boots-command.ts";
import { addBuild } from "./build-command.ts";
import { addCapture } from "./capture-command.ts";
import { addCompletion } from "./completion-command.ts";
import { addDoctor } from "./doctor-command.ts";
import { addExamples } from "./examples.ts";
import { addExplain } from "./explain-command.ts";
import { addGenerationCommands } from "./generation-commands.ts";
import { addImport } from "./import-command.ts";
import { addMachineCommands } from "./machine-commands.ts";
import { addNotify } from "./notify-command.ts";
import { addPrintConfig } from "./print-config-command.ts";
import { addRolloutCommands } from "./rollout-commands.ts";
import { addRpi4 } from "./rpi4-command.ts";
import type { StartServer } from "./serve.ts";
import { requestOf, type ServeFlags, settingsFlags } from "./settings-flags.ts";
import { addState } from "./state-command.ts";
import { addToken } from "./token-command.ts";
import { addTry } from "./try-command.ts";

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

'mayfly help COMMAND' says more, with examples.

Exit codes: 0 all is well, 1 something failed, 2 what was written or typed is wrong.`;

/** What package.json says. */
export interface About {
  readonly version: string;
  readonly description: string;
}

/**
 * Every command with its options; each loads what it needs when it is called.
 *
 * @param stopSignal - gives the signal that Ctrl-C aborts
 */
export function createProgram(
  { version, description }: Pick<About, "version" | "description">,
  stopSignal: () => AbortSignal,
): Command {
  const program = new Command("mayfly")
    .description(`${description}.`)
    .version(version, "-V, --version", "say which version this is")
    .helpOption("-h, --help", "say how it is used")
    .helpCommand("help [command]", "say how a command is used")
    .addHelpText("after", EXAMPLES)
    .showHelpAfterError("('mayfly --help' says how it is used)")
    .exitOverride();
  addServe(program, stopSignal);
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
  addNotify(program, requestOf);
  addCompletion(program, requestOf);
  addExamples(program);
  return program;
}

function addServe(program: Command, stopSignal: () => AbortSignal): void {
  settingsFlags(program.command("serve"))
    .summary("serve the media folder, or one image to every machine")
    .description(
      "Serves the media folder; with IMAGE (a nix result, or a folder with a kernel and an initrd) serves that to every machine.",
    )
    .argument("[IMAGE]", "a nix result, or a folder with a kernel and an initrd")
    .option("--install", "install boot programs first where there are none and this user may")
    .action(async (image: string | undefined, flags: ServeFlags) => {
      const { serve } = await import("./serve.ts");
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
  const { startApp } = await import("../app.ts");
  return startApp(settings, reload);
};

function addCheck(program: Command): void {
  settingsFlags(program.command("check"))
    .summary("say everything that is wrong with the configuration")
    .description(
      "Reads the configuration as 'serve' would, and says every mistake at once. Ends with 2 if there is one.",
    )
    .option("--json", "for programs")
    .action(async ({ json, ...flags }: ServeFlags & { readonly json?: boolean }) => {
      const { check, checkForPrograms } = await import("./check.ts");
      const print = (line: string) => console.log(line);
      if (json === true) await checkForPrograms(requestOf(flags), print);
      else for (const line of await check(requestOf(flags))) print(line);
    });
}
