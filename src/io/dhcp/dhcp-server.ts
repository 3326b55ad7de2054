/** The DHCP server: ports 67 and 4011 of every served interface, and what a reply that cannot leave is told as. */

import type { Arrival } from "../../boot/peer.ts";
import type { Wire } from "../capture/wire.ts";
import type { World } from "../world.ts";
import { createDhcpHandler, type DhcpHandlerOptions } from "./dhcp-handler.ts";
import { createDhcpSockets, type Datagram, type RefusedLine } from "./dhcp-socket.ts";
import { loadNativeUdp, type NativeUdp } from "./native-udp.ts";

export interface DhcpServerOptions extends DhcpHandlerOptions {
  /** The interfaces to serve from the start. */
  readonly interfaces: readonly Arrival[];
  /** Sockets tied to interfaces by native calls: `auto` where they can be had, `true` or else fail, `false` never. */
  readonly native: boolean | "auto";
  /** For who records. */
  readonly wire?: Wire;
}

export interface DhcpServer {
  /** What could not be opened at the start, once for each interface; the others are served. */
  readonly refused: readonly RefusedLine[];
  /**
   * Serves these interfaces from now on; those that were served already do not notice.
   *
   * @throws as {@link startDhcpServer}; the others are served all the same
   */
  setInterfaces(arrivals: readonly Arrival[]): Promise<void>;
  close(): Promise<void>;
}

/** How often the same kind of error on sending is told again, in milliseconds. */
const NOTICE_EVERY_MS = 60_000;

/**
 * Answers netboot clients, and with leases everybody, until it is closed.
 *
 * @throws an error with `code` EACCES or EADDRINUSE, `address` and `port` when a port cannot be opened on any
 * of the interfaces, or broadcasts cannot be heard
 */
export async function startDhcpServer(options: DhcpServerOptions): Promise<DhcpServer> {
  const { world, interfaces } = options;
  const native = await chooseNative(options.native);
  const onError = noticeOnce(world);
  const handler = await createDhcpHandler(options, native);
  let isClosing = false;
  const onDatagram = (datagram: Datagram) => {
    if (!isClosing) handler.handle(datagram);
  };
  const sockets = ([67, 4011] as const).map((port) =>
    createDhcpSockets({ port, native, onDatagram, onError, wire: options.wire }),
  );
  const close = async () => {
    isClosing = true;
    // Whoever was promised an address is told of it.
    await handler.idle();
    await Promise.all(sockets.map((each) => each.close()));
  };
  const setInterfaces = async (arrivals: readonly Arrival[]) => {
    const results = await Promise.allSettled(sockets.map((each) => each.setInterfaces(arrivals)));
    const failed = results.find((each) => each.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  };
  try {
    await setInterfaces(interfaces).catch((error: unknown) => {
      const refused = sockets.flatMap((each) => each.refused());
      // One network that another server has is no reason to leave the others alone.
      const isBearable =
        refused.some((each) => each.error === error) && sockets.every((each) => each.isOpen());
      if (!isBearable) throw error;
    });
    return { refused: oncePerInterface(sockets.flatMap((each) => each.refused())), setInterfaces, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function oncePerInterface(refused: readonly RefusedLine[]): readonly RefusedLine[] {
  const names = refused.map((each) => each.interface);
  return refused.filter((each, index) => names.indexOf(each.interface) === index);
}

async function chooseNative(wanted: boolean | "auto"): Promise<NativeUdp | undefined> {
  if (wanted === false) return undefined;
  const native = await loadNativeUdp();
  if (native === undefined && wanted === true) {
    throw new Error(
      "sockets cannot be tied to interfaces here: koffi is not installed, or the right is missing",
    );
  }
  return native;
}

/** A firewall or a network that went away fails every reply: one line a minute says as much. */
function noticeOnce(world: World): (error: NodeJS.ErrnoException) => void {
  const lastMs = new Map<string, number>();
  return (error) => {
    const kind = error.code ?? error.message;
    const nowMs = performance.now();
    if (nowMs - (lastMs.get(kind) ?? Number.NEGATIVE_INFINITY) < NOTICE_EVERY_MS) return;
    lastMs.set(kind, nowMs);
    world.record({
      type: "notice",
      level: "warn",
      text: `A DHCP reply could not be sent: ${error.message}`,
      ...cureFor(kind),
    });
  };
}

function cureFor(code: string): { readonly cure?: string } {
  switch (code) {
    case "EPERM":
      return { cure: "Let UDP from ports 67 and 4011 out through the firewall (nft list ruleset)." };
    case "ENETUNREACH":
    case "EHOSTUNREACH":
      return { cure: "Give the served interface its address and route back (ip address, ip route)." };
    default:
      return {};
  }
}
