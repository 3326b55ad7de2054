/** Asks what a netboot client is to be told, and in which form: the one decision, with what is remembered of the machine. */

import type { BootClient } from "../../boot/client.ts";
import { type BootDecision, decide } from "../../boot/decide.ts";
import type { DhcpPort } from "../../boot/dhcp/reply-type.ts";
import type { OfferVariant } from "../../boot/ladder/offer-variant.ts";
import type { BootPorts } from "../../boot/peer.ts";
import type { DhcpPacket } from "../../wire/dhcp/packet.ts";
import type { Ladders } from "../ladder/ladders.ts";
import type { World } from "../world.ts";

export interface BootOptions {
  readonly world: World;
  readonly ports: BootPorts;
  /** What was offered to whom and what came of it; `undefined`: everybody gets the usual offer. */
  readonly ladders: Ladders | undefined;
}

export interface BootQuestion {
  readonly request: DhcpPacket;
  readonly client: BootClient;
  readonly port: DhcpPort;
}

export interface BootVerdict {
  readonly decision: BootDecision;
  /** Empty for the usual form of such firmware. */
  readonly form: { readonly variant?: OfferVariant };
}

export function decideBoot(
  { request, client, port }: BootQuestion,
  { world, ladders }: Pick<BootOptions, "world" | "ladders">,
): BootVerdict {
  const decision = decide(client, world.snapshot(), ladders?.remembered(request, client));
  const variant = ladders?.variant(request, client, decision, port);
  return { decision, form: variant === undefined ? {} : { variant } };
}
