/** Remembers which Raspberry Pi has which serial number, from what its EEPROM says by DHCP (R2). */

import { isPiNews, parseSeenPi } from "../../boot/rpi4/pi-tree.ts";
import { parseMac } from "../../wire/net/mac.ts";
import type { Store } from "../store/store.ts";
import type { World } from "../world.ts";

/** Under which kind the store has them. */
const PI_KIND = "pi";

/** Loads what was learnt, and learns from the world's events until it is called off. */
export async function rememberPis(world: World, store: Store): Promise<() => void> {
  const kept = [...(await store.load(PI_KIND))].flatMap(([key, value]) => {
    const [mac, pi] = [parseMac(key), parseSeenPi(value)];
    return mac === undefined || pi === undefined ? [] : [{ type: "pi-seen", mac, pi } as const];
  });
  world.change(kept);
  return world.subscribe((event) => {
    if (event.type !== "dhcp" || event.client.stage !== "pi-rom") return;
    const { mac, serial, piModel } = event.client;
    const pi = {
      // A Pi 3's ROM has no serial number to say, and fills the place with one byte.
      ...(serial === undefined || /^(..)\1{3}$/.test(serial) ? {} : { serial }),
      ...(piModel === undefined ? {} : { model: piModel }),
    };
    const before = world.snapshot().seenPis;
    if (!isPiNews(before, mac, pi)) return;
    world.change([{ type: "pi-seen", mac, pi }]);
    const { byMac } = world.snapshot().seenPis;
    const forgotten = [...before.byMac.keys()].find((each) => !byMac.has(each));
    store
      .put([
        { kind: PI_KIND, key: mac, value: byMac.get(mac) },
        ...(forgotten === undefined ? [] : [{ kind: PI_KIND, key: forgotten, value: undefined }]),
      ])
      // The board says it again when it is switched on the next time.
      .catch(() => {});
  });
}
