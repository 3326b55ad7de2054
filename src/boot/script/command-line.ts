/** The kernel's command line: what the image's builder gave, the names of its initrds, what the host adds. */

import { WireError } from "../../wire/error.ts";
import type { Generation } from "../generation.ts";
import type { Host } from "../host.ts";

/** COMMAND_LINE_SIZE of x86 and arm64 without its NUL; the kernel drops the rest without a word. */
const MAX_LENGTH = 2047;

/**
 * Puts a kernel's command line together.
 *
 * The builder's part stays as it is and in order; `initrd=` is added only for an initrd that it does not
 * name; the host's own stands last, since the kernel lets the last one win.
 *
 * @param checkIn - the parameter that says where to report, if it is to
 * @throws {@link WireError} `WIRE_BAD_LENGTH` when the kernel would not read all of it
 */
export function commandLine(
  host: Pick<Host, "kernelParams">,
  generation: Generation,
  checkIn?: string,
): string {
  const given = generation.kernelParams.split(/\s+/);
  const line = [
    generation.kernelParams,
    // An EFI kernel finds its initrd by this name only (quirk I9); a BIOS one does not look.
    ...generation.initrds
      .map((file) => `initrd=${imageName(file)}`)
      .filter((param) => !given.includes(param)),
    checkIn ?? "",
    host.kernelParams,
  ]
    .filter((part) => part !== "")
    .join(" ");
  refuseLong(line);
  return line;
}

/** @throws {@link WireError} `WIRE_BAD_LENGTH` for a command line that the kernel would not read to its end */
export function refuseLong(line: string): void {
  if (line.length <= MAX_LENGTH) return;
  const message = `with initrd= and the host's own they have ${line.length} characters, and the kernel reads ${MAX_LENGTH}`;
  throw new WireError("WIRE_BAD_LENGTH", message);
}

/** What `initrd=` calls a file: the last part of its path, in which no blank can stand. */
export function imageName(file: string): string {
  return file.slice(file.lastIndexOf("/") + 1).replace(/[^!-~]/g, "-");
}
