/** Receives what machines log: iPXE, kernels and systems that are told to send it here. */

import type { Arrival } from "../boot/peer.ts";
import { admitLines, type Intake, NO_INTAKE } from "../boot/syslog/intake.ts";
import { decodeSyslog } from "../wire/syslog/message.ts";
import { startUdpListener, type UdpListener } from "./udp-listener.ts";
import type { World } from "./world.ts";

export interface SyslogOptions {
  readonly world: Pick<World, "record">;
  readonly interfaces: readonly Arrival[];
  readonly port: number;
}

/** Listens until it is closed. @throws an Error with `code` if the port cannot be opened */
export function startSyslog({ world, interfaces, port }: SyslogOptions): Promise<UdpListener> {
  let intake: Intake = NO_INTAKE;
  return startUdpListener({
    interfaces,
    ports: [port],
    hearsBroadcasts: false,
    onDatagram(bytes, peer) {
      const lines = decodeSyslog(bytes);
      const [next, { taken, leftOut }] = admitLines(intake, peer.address, lines.length, performance.now());
      intake = next;
      if (leftOut > 0)
        world.record({
          ...{ type: "console", via: "syslog", peer, severity: 4 },
          text: `(${leftOut} lines that came too fast were left out)`,
        });
      for (const line of lines.slice(0, taken))
        world.record({ type: "console", via: "syslog", peer, ...line });
    },
    onError: (error) => world.record({ type: "bug", via: "syslog", error }),
  });
}
