/** What a test with real clients needs, so that it is skipped, and says so, where that is lacking. */

import { inject } from "vitest";
import type { Need } from "./require-tools.ts";

/** Whether any of these is lacking: `describe.skipIf(lacks("lan", "qemu-system-x86_64"))`. */
export function lacks(...needs: readonly Need[]): boolean {
  const lacking = inject("lacking");
  return needs.some((need) => need in lacking);
}
