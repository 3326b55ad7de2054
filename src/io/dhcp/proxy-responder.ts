/** Answers netboot clients with the boot part alone, beside another DHCP server that gives the addresses. */

import { decide } from "../../boot/decide.ts";
import { answer } from "../../boot/dhcp/answer.ts";
import { identify } from "../../boot/dhcp/identify.ts";
import { messageType, replyType } from "../../boot/dhcp/reply-type.ts";
import type { BootPorts } from "../../boot/peer.ts";
import type { World } from "../world.ts";
import type { DhcpResponder } from "./dhcp-inquiry.ts";

export interface ProxyOptions {
  readonly world: World;
  readonly ports: BootPorts;
  /** Nothing is sent: the events say so. */
  readonly observes: boolean;
}

export function createProxyResponder({ world, ports, observes }: ProxyOptions): DhcpResponder {
  return ({ request, arrival, port, reply }) => {
    const type = replyType(request, port);
    if (type === undefined) return;
    const client = identify(request);
    if (client === undefined) return;
    const decision = decide(client, world.snapshot());
    const packet = answer(request, client, decision, { arrival, port, ports });
    if (packet !== undefined) reply(packet);
    world.record({
      type: "dhcp",
      interface: arrival.interface,
      port,
      request: messageType(request) ?? "BOOTP",
      client,
      decision,
      ...(packet !== undefined && { reply: type }),
      ...(observes && { observed: true }),
    });
  };
}
