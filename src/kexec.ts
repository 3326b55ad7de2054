/** Puts together what answers a Linux that will have another one in its place. */

import type { LiveSettings } from "./config/settings.ts";
import type { Hosts } from "./hosts.ts";
import type { CheckIns } from "./io/check-in/check-ins.ts";
import type { History } from "./io/history/history.ts";
import { createKexecDesk, type KexecDesk } from "./io/kexec/kexec-desk.ts";
import { openTurnBook } from "./io/kexec/turn-book.ts";
import type { Store } from "./io/store/store.ts";
import type { World } from "./io/world.ts";

export interface KexecParts {
  readonly world: World;
  readonly store: Store;
  /** As the configuration is now. */
  readonly live: { readonly now: Pick<LiveSettings, "maxRebooting"> };
  readonly hosts: Pick<Hosts, "shelf" | "touch">;
  readonly checkIns: Pick<CheckIns, "origin">;
  readonly history: Pick<History, "byNumber">;
}

export interface Kexec {
  readonly desk: KexecDesk;
  close(): void;
}

export async function startKexec({
  world,
  store,
  live,
  hosts,
  checkIns,
  history,
}: KexecParts): Promise<Kexec> {
  const maxRebooting = () => live.now.maxRebooting;
  const turns = await openTurnBook({ world, store, maxRebooting });
  const desk = createKexecDesk({
    world,
    turns,
    origin: checkIns.origin,
    prepare: world.prepare,
    shelf: hosts.shelf,
    onNamed: (generation) => hosts.touch(generation),
    numbered: async (image, number) => (await history.byNumber(image, number))?.id,
  });
  return { desk, close: turns.close };
}
