/** Answers netboot clients with the boot part alone, beside another DHCP server that gives the addresses. */

import type { BootClient } from "../../boot/client.ts";
import { answer } from "../../boot/dhcp/answer.ts";
import { identify } from "../../boot/dhcp/identify.ts";
import { messageType, replyType } from "../../boot/dhcp/reply-type.ts";
import { whenPrepared } from "../world.ts";
import { type BootOptions, decideBoot } from "./boot-question.ts";
import type { DhcpInquiry, DhcpResponder } from "./dhcp-inquiry.ts";

export interface ProxyOptions extends BootOptions {
  /** Nothing is sent: the events say so. */
  readonly observes: boolean;
}

export function createProxyResponder({ observes, ...booting }: ProxyOptions): DhcpResponder {
  const { world, ports } = booting;
  function respond(
    { request, arrival, port, reply }: DhcpInquiry,
    type: NonNullable<ReturnType<typeof replyType>>,
    client: BootClient,
  ): void {
    const { decision, form } = decideBoot({ request, client, port }, booting);
    const packet = answer(request, client, decision, { arrival, port, ports, ...form });
    if (packet !== undefined) reply(packet);
    world.record({
      type: "dhcp",
      interface: arrival.interface,
      port,
      request: messageType(request) ?? "BOOTP",
      ...(request.secs > 0 && { secs: request.secs }),
      client,
      decision,
      ...(packet !== undefined && { reply: type, ...form }),
      ...(observes && { observed: true }),
    });
  }

  return (inquiry) => {
    const { request, port } = inquiry;
    const type = replyType(request, port);
    const client = type === undefined ? undefined : identify(request);
    if (type === undefined || client === undefined) return undefined;
    const finish = () => respond(inquiry, type, client);
    return observes ? finish() : whenPrepared(world, { client }, finish);
  };
}
