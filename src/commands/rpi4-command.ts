/** The arguments of `mayfly rpi4`. */

import { type Command, InvalidArgumentError } from "commander";
import { isSha256 } from "../boot/rpi4/lock.ts";
import { RELEASES } from "../boot/rpi4/release.ts";
import type { SettingsRequest } from "../config/load.ts";

interface PlaceFlags {
  readonly config?: string;
  readonly media?: string;
  readonly state?: string;
  readonly ipxe?: readonly string[];
  readonly json?: boolean;
}

type Pairs = ReadonlyMap<string, string>;

interface AssembleFlags extends PlaceFlags {
  readonly download?: boolean;
  readonly release?: Pairs;
  readonly url?: Pairs;
  readonly sha256?: Pairs;
  readonly dryRun?: boolean;
  readonly force?: boolean;
}

const EXAMPLES = `
Examples:
  mayfly rpi4 assemble --download                             fetch the releases that go together
  mayfly rpi4 assemble RPi4_UEFI_Firmware_v1.34.zip pxe/      from parts that you have
  mayfly rpi4 assemble --download --release uefi=v1.36        another version
  mayfly rpi4 check                                           would a Pi 4 boot from it?`;

/** Adds the command; `stopSignal` gives the signal that Ctrl-C aborts. */
export function addRpi4(program: Command, stopSignal: () => AbortSignal): void {
  const rpi4 = program
    .command("rpi4")
    .summary("make and check the boot folder of a Raspberry Pi 4")
    .description("Makes and checks boot-media/rpi4, from which a Raspberry Pi 4 boots into UEFI and iPXE.")
    .addHelpText("after", EXAMPLES);
  addAssemble(rpi4, stopSignal);
  addCheck(rpi4);
}

function addAssemble(rpi4: Command, stopSignal: () => AbortSignal): void {
  const names = RELEASES.map(({ name }) => name).join(", ");
  placeFlags(rpi4.command("assemble"))
    .summary("put the boot folder together from its parts")
    .description(
      "Puts boot-media/rpi4 together from PARTS, whatever their names: the UEFI release zip of pftf/RPi4, pipxe's output, " +
        "an iPXE for arm64, overlays, Raspberry Pi firmware, each as a file, a folder, a zip or a Debian package. " +
        "The folder in use is replaced only by one that a Pi 4 boots from.",
    )
    .argument("[PARTS...]", "files, folders, zips")
    .option("-d, --download", "fetch what the parts lack")
    .option(
      "--release <name=version>",
      `a version to download (${names}); may be repeated`,
      pairParser(names),
    )
    .option("--url <name=url>", "an address to download from instead; may be repeated", urlParser(names))
    .option("--sha256 <name=hex>", "what a download must have; may be repeated", hashParser)
    .option("-n, --dry-run", "show what would be written, and write nothing")
    .option("--force", "write the folder even if a Pi would not boot from it")
    .action(async (parts: readonly string[], flags: AssembleFlags) => {
      const { assemble } = await import("./rpi4-assemble.ts");
      const none: Pairs = new Map();
      const { release = none, url = none, sha256 = none } = flags;
      await assemble({
        settings: settingsOf(flags),
        parts,
        ...(flags.download === true ? { download: { versions: release, urls: url, sha256 } } : {}),
        dryRun: flags.dryRun === true,
        force: flags.force === true,
        json: flags.json === true,
        signal: stopSignal(),
        print: (text) => console.log(text),
        progress: process.stderr,
      });
    });
}

function addCheck(rpi4: Command): void {
  placeFlags(rpi4.command("check"))
    .summary("say whether a Pi 4 would boot from the folder")
    .description(
      "Says everything that is wrong with the boot folder of a Raspberry Pi 4. Ends with 2 if there is an error.",
    )
    .argument("[FOLDER]", "the folder (rpi4 of the media folder)")
    .action(async (folder: string | undefined, flags: PlaceFlags) => {
      const { checkRpi4 } = await import("./rpi4-check.ts");
      await checkRpi4({
        settings: settingsOf(flags),
        ...(folder === undefined ? {} : { folder }),
        json: flags.json === true,
        print: (text) => console.log(text),
      });
    });
}

function placeFlags(command: Command): Command {
  return command
    .option("-c, --config <file>", "the configuration (mayfly.yaml beside the media folder, if it is there)")
    .option("-m, --media <folder>", "the media folder (boot-media)")
    .option("--state <folder>", "downloads are kept there ($STATE_DIRECTORY, else .mayfly)")
    .option(
      "--ipxe <folder>",
      "a folder to search for boot programs; may be repeated",
      (value: string, before: readonly string[] | undefined) => [...(before ?? []), value],
    )
    .option("--json", "print it for programs");
}

function settingsOf({ config, media, state, ipxe }: PlaceFlags): SettingsRequest {
  return {
    flags: {
      ...(media === undefined ? {} : { media }),
      ...(state === undefined ? {} : { state }),
      ...(ipxe === undefined ? {} : { ipxe }),
    },
    env: process.env,
    cwd: process.cwd(),
    ...(config === undefined ? {} : { configFile: config }),
  };
}

/** Reads `NAME=VALUE`, and adds it to those before. */
function readPair(text: string, before: Pairs | undefined, want: string): [string, string, Pairs] {
  const equals = text.indexOf("=");
  const [name, value] = [text.slice(0, equals), text.slice(equals + 1)];
  if (equals < 1 || value === "") throw new InvalidArgumentError(`want ${want}.`);
  return [name, value, new Map([...(before ?? []), [name, value]])];
}

function pairParser(names: string) {
  return (text: string, before: Pairs | undefined): Pairs => {
    const [name, , pairs] = readPair(text, before, "NAME=VALUE");
    if (!RELEASES.some((release) => release.name === name)) {
      throw new InvalidArgumentError(`want one of ${names} before the equals sign.`);
    }
    return pairs;
  };
}

function urlParser(names: string) {
  const parse = pairParser(names);
  return (text: string, before: Pairs | undefined): Pairs => {
    const value = text.slice(text.indexOf("=") + 1);
    const protocol = URL.canParse(value) ? new URL(value).protocol : "";
    if (protocol !== "http:" && protocol !== "https:")
      throw new InvalidArgumentError("want an address with http: or https:.");
    return parse(text, before);
  };
}

function hashParser(text: string, before: Pairs | undefined): Pairs {
  const [name, value, pairs] = readPair(text, before, "NAME=HEX");
  if (!isSha256(value.toLowerCase())) throw new InvalidArgumentError("want 64 hexadecimal digits.");
  const isKnown = RELEASES.some((release) => release.name === name) || name.startsWith("overlays/");
  if (!isKnown)
    throw new InvalidArgumentError("want uefi, pipxe or overlays/NAME.dtbo before the equals sign.");
  return pairs;
}
