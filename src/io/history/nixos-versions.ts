/** Remembers which NixOS the generations are that can be booted: asked for by the thousand, nothing is read for it. */

import type { BootEvent } from "../../boot/event.ts";
import type { Generation, GenerationId } from "../../boot/generation.ts";
import type { GenerationRecord } from "../../boot/history/record.ts";
import { nixosVersionIn } from "../../boot/history/system-name.ts";

export interface NixosVersions {
  /** Takes what a record says, the last word of it. */
  enter(record: Pick<GenerationRecord, "id" | "nixosVersion">): void;
  /** What the system itself has said, else what its name says. */
  of(generation: Generation): string | undefined;
  close(): void;
}

export interface NixosVersionsOptions {
  /** Of the world: what is dropped is forgotten. */
  readonly subscribe: (listener: (event: BootEvent) => void) => () => void;
}

export function createNixosVersions({ subscribe }: NixosVersionsOptions): NixosVersions {
  const known = new Map<GenerationId, string>();
  const close = subscribe((event) => {
    if (event.type === "dropped") known.delete(event.generation);
  });
  return {
    enter({ id, nixosVersion }) {
      if (nixosVersion !== undefined) known.set(id, nixosVersion);
    },
    of: ({ id, kernelParams }) => known.get(id) ?? nixosVersionIn(kernelParams),
    close,
  };
}
