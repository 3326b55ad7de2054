/** Why a machine gets nothing, in plain sentences for its own screen: who it is, what is wrong, what mends it. */

import { hyphenMac } from "../wire/net/mac.ts";
import type { BootClient } from "./client.ts";
import { currentGeneration, type SilentReason } from "./decide.ts";
import type { Host } from "./host.ts";
import type { Snapshot } from "./snapshot.ts";

/** A sentence each; the last one says what to do on the server. */
export function explainRefusal(
  reason: SilentReason,
  client: BootClient,
  host: Host | undefined,
  snapshot: Snapshot,
): string[] {
  const name = host?.name ?? "?";
  switch (reason) {
    case "unknown-host":
      return [
        `Mayfly has no image for this machine, ${client.mac}.`,
        `On the server: link one to boot-media/hosts/${hyphenMac(client.mac)}, or to boot-media/hosts/default.`,
      ];
    case "no-generation":
      return [
        `Mayfly: ${name} (${client.mac}) has no complete image yet.`,
        host === undefined ? "" : (snapshot.images.get(host.image)?.trouble ?? "Nothing lies at its place."),
        `On the server: nix build -o boot-media/hosts/${name} .#${name}`,
      ].filter((sentence) => sentence !== "");
    case "wrong-isa": {
      const isa = host === undefined ? undefined : currentGeneration(host, snapshot)?.kernel?.isa;
      return [
        `Mayfly: the kernel of ${name} is for ${isa}, but this machine (${client.mac}) is ${client.isa}.`,
        `On the server: build ${name} for this machine, or give the image to another one.`,
      ];
    }
    case "unknown-arch":
    case "no-program":
    case "pi-rom":
      return [
        `Mayfly has nothing to boot for this machine (${client.mac}): ${reason}.`,
        "On the server: the log of 'mayfly serve' says why; docs/errors.md explains each reason.",
      ];
  }
}
