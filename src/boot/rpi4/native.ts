/**
 * The settings by which a Raspberry Pi boots a generation without UEFI: the EEPROM and start4.elf fetch
 * the kernel and the initrd themselves.
 *
 * `config.txt` names every file together with its generation, so that a boot that began on one ends on it.
 */

import { crc32 } from "../../wire/crc32.ts";
import type { Generation } from "../generation.ts";
import type { Host } from "../host.ts";
import { commandLine } from "../script/command-line.ts";
import type { PiSource } from "./layers.ts";

export interface NativeBoot {
  readonly host: Host | undefined;
  readonly generation: Generation;
  /** The operator has a `cmdline.txt`, which counts instead of the generated one. */
  readonly ownCmdline: boolean;
}

/** Of the id as it is, so that a person finds the store path; a line of config.txt is read to its 98th byte. */
const ID_LENGTH = 8;
const FOLDER = "media/";

/** A file that follows from the generation; `undefined` if this place is none. */
export function nativeFile(native: NativeBoot, place: string): PiSource | undefined {
  const { generation } = native;
  switch (place) {
    case "config.txt":
      return { type: "text", text: configTxt(native) };
    case "cmdline.txt":
      return { type: "text", text: cmdlineTxt(native) };
    // Without 'kernel=' in a config.txt of the operator's own.
    case "kernel8.img":
      return media(generation, generation.kernel?.file ?? "");
  }
  // A device tree of the kernel's own builder, where rpi4/ has none.
  return media(generation, `dtbs/broadcom/${place}`);
}

function media(generation: Generation, file: string): PiSource | undefined {
  return generation.files.has(file) ? { type: "media", generation, file } : undefined;
}

/** The folder, under a Pi's prefix, that has the files of just this generation. */
export function nativeFolder({ id }: Pick<Generation, "id">): string {
  // Images in one store path have ids that differ at the end alone.
  const whole = crc32(new TextEncoder().encode(id)).toString(16).padStart(8, "0");
  return `${FOLDER}${id.slice(0, ID_LENGTH)}${whole}/`;
}

/**
 * What a place of {@link nativeFolder} stands for, of whatever generation that is still kept.
 *
 * @returns `undefined` for another place
 */
export function pinnedFile(
  host: Host | undefined,
  generations: Iterable<Generation>,
  place: string,
): PiSource | undefined {
  if (!place.startsWith(FOLDER)) return undefined;
  for (const generation of generations) {
    const folder = nativeFolder(generation);
    if (!place.startsWith(folder)) continue;
    const file = place.slice(folder.length);
    if (file === "cmdline.txt")
      return { type: "text", text: cmdlineTxt({ host, generation, ownCmdline: false }) };
    return media(generation, file);
  }
  return undefined;
}

function configTxt({ generation, ownCmdline }: NativeBoot): string {
  const folder = nativeFolder(generation);
  const initrds = generation.initrds.map((file) => folder + file).join(",");
  return [
    `# Mayfly: ${generation.id}`.slice(0, 98),
    "arm_64bit=1",
    "enable_uart=1",
    `kernel=${folder}${generation.kernel?.file ?? ""}`,
    `initramfs ${initrds} followkernel`,
    ...(ownCmdline ? [] : [`cmdline=${folder}cmdline.txt`]),
    "",
  ].join("\n");
}

/** One line: what follows a line end is not read. `initrd=` is for EFI kernels, and says nothing here. */
function cmdlineTxt({ host, generation }: NativeBoot): string {
  const line = commandLine({ kernelParams: host?.kernelParams ?? "" }, generation);
  const words = line.split(/\s+/).filter((word) => word !== "" && !word.startsWith("initrd="));
  return `${words.join(" ")}\n`;
}
