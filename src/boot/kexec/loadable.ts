/** Whether a running Linux can load an image: a kernel, initrds and a command line that we know. */

import type { Generation } from "../generation.ts";

/** What an image is instead of something that kexec loads; `undefined` if it is that. */
export function notForKexec({ bootFile, ownScript, kernel }: Generation): string | undefined {
  if (bootFile?.type === "uki") return "a unified kernel image";
  if (bootFile !== undefined && kernel === undefined) return "an ISO image";
  // Its parameters are what iPXE makes of the script.
  if (ownScript !== undefined || kernel === undefined) return "a script for iPXE";
  return undefined;
}
