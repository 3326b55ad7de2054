/** The C library, for the few calls that Node does not offer: through koffi, where it is there. */

import type { LibraryHandle } from "koffi";

export interface CLibrary {
  /** A function by its declaration in C. */
  func(definition: string): ReturnType<LibraryHandle["func"]>;
  /** Where bytes are, for a structure that points at them; they are to be kept until the call is over. */
  addressOf(bytes: Uint8Array): bigint;
  /** Of the last call that failed. */
  errno(): number;
}

/** @returns `undefined` where koffi is not installed or the system is not Linux: everything works without, see the callers */
export async function loadLibc(): Promise<CLibrary | undefined> {
  if (process.platform !== "linux") return undefined;
  try {
    const { default: koffi } = await import("koffi");
    // The running program itself: Node is linked with the C library, whatever its file is called here.
    const self = koffi.load(null);
    return {
      func: (definition) => self.func(definition),
      addressOf: (bytes) => koffi.address(bytes),
      errno: () => koffi.errno(),
    };
  } catch {
    return undefined;
  }
}
