/** The arguments of `mayfly try`. */

import { type Command, InvalidArgumentError, Option } from "commander";
import type { TryScreen } from "./try.ts";
import type { TryFirmware } from "./try-needs.ts";

interface TryFlags {
  readonly firmware?: TryFirmware;
  readonly memory?: number;
  readonly keep?: boolean;
  readonly media: string;
}

/** Adds the command; `stopSignal` gives the signal that Ctrl-C aborts. */
export function addTry(program: Command, stopSignal: () => AbortSignal): void {
  program
    .command("try")
    .summary("boot a virtual machine, to see it work before a real one does")
    .description(
      "Boots a virtual machine through real firmware from IMAGE, or from a small image that it makes, on a " +
        "virtual network that nothing else sees; shows each stage, and says how long it took or what went wrong.",
    )
    .argument("[IMAGE]", "a nix result, or a folder with a kernel and an initrd")
    .addOption(
      new Option("-f, --firmware <kind>", "what the machine boots with (uefi)").choices([
        "uefi",
        "bios",
        "arm64",
      ] satisfies TryFirmware[]),
    )
    .option("--memory <MiB>", "the machine's memory (what the image is likely to need)", parseMemory)
    .option("-k, --keep", "leave it running with its console shown, until Ctrl-C")
    .option(
      "-m, --media <folder>",
      "the media folder, whose ipxe/ is searched for boot programs",
      "boot-media",
    )
    .action(async (image: string | undefined, flags: TryFlags) => {
      const { tryBoot } = await import("./try.ts");
      await tryBoot({
        ...(image === undefined ? {} : { image }),
        ...(flags.firmware === undefined ? {} : { firmware: flags.firmware }),
        ...(flags.memory === undefined ? {} : { memoryMb: flags.memory }),
        keep: flags.keep === true,
        mediaFolder: flags.media,
        signal: stopSignal(),
        screen: createScreen(process.stdout),
      });
    });
}

const LEAST_MEMORY_MB = 256;

function parseMemory(text: string): number {
  const memoryMb = Number(text);
  if (Number.isInteger(memoryMb) && memoryMb >= LEAST_MEMORY_MB) return memoryMb;
  throw new InvalidArgumentError(`want a whole number of MiB, ${LEAST_MEMORY_MB} or more.`);
}

/** A passing line is only shown where a person looks on. */
function createScreen(stream: NodeJS.WriteStream): TryScreen {
  const isTerminal = stream.isTTY === true;
  const clear = isTerminal ? "\r\x1b[K" : "";
  return {
    line: (text) => void stream.write(`${clear}${text}\n`),
    passing: (text) => void (isTerminal && stream.write(`${clear}${text}`)),
  };
}
