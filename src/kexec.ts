/** Puts together what answers a Linux that will have another one in its place. */

import type { Hosts } from "./hosts.ts";
import type { CheckIns } from "./io/check-in/check-ins.ts";
import type { History } from "./io/history/history.ts";
import { createKexecDesk, type KexecDesk } from "./io/kexec/kexec-desk.ts";
import type { World } from "./io/world.ts";

export interface KexecParts {
  readonly world: World;
  readonly hosts: Pick<Hosts, "shelf" | "touch">;
  readonly checkIns: Pick<CheckIns, "beginBoot">;
  readonly history: Pick<History, "byNumber">;
}

export function startKexec({ world, hosts, checkIns, history }: KexecParts): KexecDesk {
  return createKexecDesk({
    world,
    shelf: hosts.shelf,
    beginBoot: checkIns.beginBoot,
    onNamed: (generation) => hosts.touch(generation),
    numbered: async (image, number) => (await history.byNumber(image, number))?.id,
  });
}
