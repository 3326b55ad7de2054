/** Where what stands for a generation lies in a nix store, and what nix tells of many such places. */

import { basename, dirname } from "node:path";
import type { Closure } from "../../boot/history/closure.ts";
import type { GenerationRecord } from "../../boot/history/record.ts";
import { parseStorePath } from "../images/image-path.ts";
import { askClosures, type ClosureOptions, isNixAbsent } from "./nix-closure.ts";
import type { SystemFiles } from "./system-files.ts";

export interface StorePlace {
  /** As nix calls it: `/nix/store/…`. */
  readonly path: string;
  /** The folder in which it lies on this machine. */
  readonly store: string;
}

/**
 * The system where it is known and there, else the image itself.
 *
 * @param system - of the record, if it is on this machine
 */
export function placeOf({ path }: GenerationRecord, system: SystemFiles | undefined): StorePlace | undefined {
  if (system !== undefined) return { path: system.ownPath, store: dirname(system.path) };
  const image = parseStorePath(path)?.root;
  if (image === undefined) return undefined;
  const store = dirname(image);
  // What lies in /mnt/nix/store is called /nix/store/… by nix.
  const isElsewhere = store.endsWith("/nix/store") && store !== "/nix/store";
  return { path: isElsewhere ? `/nix/store/${basename(image)}` : image, store };
}

interface Placed {
  readonly place: StorePlace;
}

export interface PlaceAsker {
  /** What each consists of; without those that nix does not know, and nothing where there is no nix. */
  closuresOf<Wanted extends Placed>(
    wanted: readonly Wanted[],
    options: Pick<ClosureOptions, "onTold" | "timeoutMs">,
  ): AsyncGenerator<readonly [Wanted, Closure]>;
}

/** Does not ask again once there was no nix. */
export function createPlaceAsker(nix: Pick<ClosureOptions, "signal" | "env">): PlaceAsker {
  let hasNix = true;

  /** @param same - in one store */
  async function* askStore<Wanted extends Placed>(
    store: string,
    same: readonly Wanted[],
    options: ClosureOptions,
  ): AsyncGenerator<readonly [Wanted, Closure]> {
    if (!hasNix) return;
    const byPath = Map.groupBy(same, ({ place }) => place.path);
    try {
      for await (const [path, closure] of askClosures([...byPath.keys()], store, options))
        for (const each of byPath.get(path) ?? []) yield [each, closure];
    } catch (error) {
      if (!isNixAbsent(error)) throw error;
      hasNix = false;
    }
  }

  return {
    async *closuresOf(wanted, options) {
      // Paths may be called otherwise than where they lie, so that one folder can be two stores.
      for (const alike of Map.groupBy(wanted, ({ place }) => dirname(place.path)).values())
        for (const [store, same] of Map.groupBy(alike, ({ place }) => place.store))
          yield* askStore(store, same, { ...nix, ...options });
    },
  };
}
