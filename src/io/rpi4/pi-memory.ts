/** Remembers which Raspberry Pi has which serial number, from what its EEPROM says by DHCP (R2). */

import { isPiNews } from "../../boot/rpi4/pi-tree.ts";
import type { World } from "../world.ts";

/** Learns from the world's events until it is called off. */
export function rememberPis(world: World): () => void {
  return world.subscribe((event) => {
    if (event.type !== "dhcp" || event.client.stage !== "pi-rom") return;
    const { mac, serial, piModel } = event.client;
    const pi = {
      // A Pi 3's ROM has no serial number to say, and fills the place with one byte.
      ...(serial === undefined || /^(..)\1{3}$/.test(serial) ? {} : { serial }),
      ...(piModel === undefined ? {} : { model: piModel }),
    };
    if (isPiNews(world.snapshot().seenPis, mac, pi)) world.change([{ type: "pi-seen", mac, pi }]);
  });
}
