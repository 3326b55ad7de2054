/** Which machine asks by a TFTP name for what tells it, or is, what it boots. */

import type { Mac } from "../../wire/net/mac.ts";
import type { BootClient } from "../client.ts";
import type { Host } from "../host.ts";
import type { Snapshot } from "../snapshot.ts";
import { macOfPxeConfig } from "../u-boot/u-boot.ts";
import { boardOf } from "./pi-route.ts";
import { repairName } from "./tftp-name.ts";

/**
 * @param from - the machine that asks, where its address tells
 * @returns `undefined` for every other name
 */
export function bootAsker(
  filename: string,
  snapshot: Snapshot,
  from: Mac | undefined,
): { readonly client: BootClient; readonly named?: Host } | undefined {
  const name = repairName(filename);
  if (name.type === "refused") return undefined;
  const mac = macOfPxeConfig(name.path);
  if (mac !== undefined) return { client: { mac, stage: "u-boot" } };
  const slash = name.path.indexOf("/");
  return slash <= 0 ? undefined : boardOf(name.path.slice(0, slash), snapshot, from);
}
