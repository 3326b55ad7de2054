/** What rollouts learn from what happens in the world. Pure. */

import type { BootEvent } from "../event.ts";
import type { Host } from "../host.ts";
import { hasFetched } from "../session/booted-system.ts";
import { describedFaults } from "../session/check-in.ts";
import type { Snapshot } from "../snapshot.ts";
import type { SeenEvent } from "./rollout-event.ts";

/** In order; none for what says nothing of a rollout. */
export function seenEvents(event: BootEvent, snapshot: Snapshot): readonly SeenEvent[] {
  switch (event.type) {
    case "published": {
      const { id } = event.generation;
      const hosts = [...snapshot.hosts.values()].filter(({ image }) => image === event.image);
      return hosts.map(({ name }) => ({ type: "published", host: name, generation: id }));
    }
    case "script":
      return event.decision.type === "script" ? [given(event.client.mac, event.decision)] : [];
    case "dhcp":
      return event.observed ? [] : seenDhcp(event);
    case "session":
      return seenSession(event);
    case "checked-in": {
      const { bootId, mac, generation, checkIn } = event;
      const host = event.host ?? snapshot.hostByMac.get(mac) ?? snapshot.rollouts.trials.get(mac)?.host;
      const faults = describedFaults(checkIn);
      return host === undefined ? [] : [{ type: "checked-in", bootId, host, mac, generation, faults }];
    }
    default:
      return [];
  }
}

function given(
  mac: string,
  { host, generation }: { readonly host: Host; readonly generation: { readonly id: string } },
): SeenEvent {
  return { type: "given", host: host.name, mac, generation: generation.id };
}

/** Firmware that asks for an address has begun anew; to some that answer is all that they need to boot. */
function seenDhcp({ client, decision, reply }: Extract<BootEvent, { type: "dhcp" }>): readonly SeenEvent[] {
  if (decision.type === "image" && reply !== undefined) return [given(client.mac, decision)];
  if (decision.type === "firmware" && decision.boot === "native" && reply !== undefined) {
    const { host, generation } = decision;
    if (host !== undefined && generation !== undefined) return [given(client.mac, { host, generation })];
  }
  return [{ type: "back", mac: client.mac }];
}

function seenSession({ change, session }: Extract<BootEvent, { type: "session" }>): readonly SeenEvent[] {
  const { mac, generation, outcome } = session;
  const back: SeenEvent = { type: "back", mac };
  const begun = change === "began" ? [back] : [];
  if (generation === undefined) return begun;
  // Its script may be the first that is seen of it; how long it takes from there is no fault of the generation.
  if (outcome === "under-way") return [...begun, { type: "fetching", mac, generation }];
  if (outcome !== "handed-over") return begun;
  // What asks for an address may be the generation, from a cache between, or what is on its disk.
  return hasFetched(session) ? [...begun, { type: "handed-over", mac, generation }] : [back];
}
