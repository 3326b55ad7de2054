/** Raspberry Pi's own address blocks (R3). They tell the maker, never the stage. */

import type { Mac } from "../../wire/net/mac.ts";

const OUIS: ReadonlySet<string> = new Set([
  "b8:27:eb",
  "dc:a6:32",
  "e4:5f:01",
  "28:cd:c1",
  "d8:3a:dd",
  "2c:cf:67",
  "88:a2:9e",
]);

/** Whether the network card is one that Raspberry Pi made. */
export function isRaspberryPiMac(mac: Mac): boolean {
  return OUIS.has(mac.slice(0, 8));
}
