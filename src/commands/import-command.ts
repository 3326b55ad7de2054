/** The arguments of `mayfly import` and `mayfly store`. */

import { type Command, InvalidArgumentError } from "commander";
import { isSha256 } from "../boot/rpi4/lock.ts";
import { type PlaceFlags, placeFlags, placeOf, type RequestOf } from "./place-flags.ts";

interface OutputFlags extends PlaceFlags {
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  mayfly import image.tar.zst beta                 an archive of a kernel and an initrd, for the host beta
  mayfly import https://example.org/image.tar.gz beta --sha256 HEX
  mayfly import /mnt/usb/image                     a folder, for later
  mayfly import ssh://builder/srv/image beta       a folder on another machine, by ssh and tar`;

/** Adds the commands; `stopSignal` gives the signal that Ctrl-C aborts. */
export function addImport(program: Command, requestOf: RequestOf, stopSignal: () => AbortSignal): void {
  const command = program
    .command("import")
    .summary("take an image from elsewhere, for a host")
    .description(
      "Takes an image into the store: a folder, an archive (.tar, .tar.gz, .tar.xz, .tar.zst, .zip), the http " +
        "or https address of an archive, or a folder on another machine (ssh://[USER@]HOST[:PORT]/PATH, or " +
        "HOST:/PATH), which ssh reaches without a question. With HOST it is what that host boots from then on.",
    )
    .argument("<SOURCE>", "a folder, an archive, or the address of either")
    .argument("[HOST]", "the name of a host")
    .option("--sha256 <hex>", "what the archive must have", sha256);
  outputFlags(command)
    .addHelpText("after", EXAMPLES)
    .action(async (source: string, host: string | undefined, flags: OutputFlags & { sha256?: string }) => {
      const { importCommand } = await import("./import.ts");
      const lines = await importCommand({
        ...{ source, settings: placeOf(flags, requestOf), json: flags.json === true },
        ...(host === undefined ? {} : { host }),
        ...(flags.sha256 === undefined ? {} : { sha256: flags.sha256 }),
        signal: stopSignal(),
        progress: process.stderr,
      });
      for (const line of lines) console.log(line);
    });
  addStore(program, requestOf, stopSignal);
}

function addStore(program: Command, requestOf: RequestOf, stopSignal: () => AbortSignal): void {
  const store = outputFlags(program.command("store"))
    .summary("list the images that were imported or copied")
    .description("Lists the copies of images that are no nix results: imported ones, and plain folders.")
    .action((flags: OutputFlags) => show(flags, { verify: false, remove: false }));
  outputFlags(store.command("verify"))
    .summary("read all of them, and hold them against their SHA-256")
    .description("Reads everything in the store and says what is damaged. Ends with 1 if something is.")
    .option("--remove", "remove what is damaged")
    .action((_flags: OutputFlags, command: Command) => {
      const flags: OutputFlags & { readonly remove?: boolean } = command.optsWithGlobals();
      return show(flags, { verify: true, remove: flags.remove === true });
    });

  async function show(flags: OutputFlags, what: { readonly verify: boolean; readonly remove: boolean }) {
    const { showStore } = await import("./store.ts");
    const { isTTY, columns } = process.stdout;
    await showStore({
      ...what,
      settings: placeOf(flags, requestOf),
      json: flags.json === true,
      ...(isTTY && columns > 0 ? { width: columns } : {}),
      print: (line) => console.log(line),
      signal: stopSignal(),
    });
  }
}

function sha256(text: string): string {
  if (!isSha256(text.toLowerCase())) throw new InvalidArgumentError("want 64 hexadecimal digits.");
  return text.toLowerCase();
}

function outputFlags(command: Command): Command {
  return placeFlags(command).option("--json", "for programs");
}
