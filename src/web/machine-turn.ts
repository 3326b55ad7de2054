/** Who waits for whom among the changes of one machine: its approval and its end are the same thing. */

import type { Mac } from "../wire/net/mac.ts";

/** What is asked of a machine. */
export interface OfMachine {
  readonly params: { readonly mac: Mac };
}

/** Its address is read already: however it was spelt, it is one machine. */
export function machineTurn({ params: { mac } }: OfMachine): string {
  return `machine ${mac}`;
}
