/**
 * Hears the DHCP and boot servers beside ours: their answers as they pass, and what machines say of them.
 *
 * Answers are seen by packet sockets, which take nothing from whoever else listens on this machine. Where
 * those cannot be had there remains what machines say; nobody has to do anything about that.
 */

import { readMac } from "../boot/dhcp/identify.ts";
import { readAnswerFrame } from "../boot/other-servers/answer-frame.ts";
import {
  hearAnswer,
  hearNamed,
  type KnownServers,
  listServers,
  type OtherServer,
  type OwnPlace,
} from "../boot/other-servers/known-servers.ts";
import { isProbeMac } from "../boot/other-servers/probe.ts";
import { readServerAnswer } from "../boot/other-servers/server-answer.ts";
import type { Arrival } from "../boot/peer.ts";
import { WireError } from "../wire/error.ts";
import { type FrameEar, openFrameEar } from "./dhcp/frame-ear.ts";
import { DHCP_ANSWERS } from "./dhcp/frame-kinds.ts";
import { loadNativeRaw, type NativeRaw } from "./dhcp/native-raw.ts";
import { createOwnAddresses } from "./dhcp/own-addresses.ts";
import { createOpenSet } from "./open-set.ts";
import type { World } from "./world.ts";

export interface OtherServers {
  /** Those that were heard in the last day, the last one first. */
  list(): readonly OtherServer[];
  /** Listens on these from now on. */
  setInterfaces(arrivals: readonly Arrival[]): Promise<void>;
  close(): Promise<void>;
}

export interface OtherServersOptions {
  readonly world: World;
  readonly interfaces: readonly Arrival[];
  /** Whether we give the addresses. */
  readonly givesAddresses: boolean;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** An answer is told late by so much at the most; nobody waits for it. */
const LOOK_EVERY_MS = 250;

export async function startOtherServers(options: OtherServersOptions): Promise<OtherServers> {
  const { world, givesAddresses, now = Date.now } = options;
  const ownAddresses = createOwnAddresses();
  let served: readonly Arrival[] = options.interfaces;
  let known: KnownServers = new Map();
  const own = (): OwnPlace => ({
    addresses: [...ownAddresses(), ...served.map(({ self }) => self)],
    givesAddresses,
  });

  function take(on: string, frame: Uint8Array): void {
    const heard = readAnswerFrame(frame);
    const answer = heard && readServerAnswer(heard.packet, heard.from);
    const machine = heard && readMac(heard.packet);
    if (answer === undefined || machine === undefined || isProbeMac(machine)) return;
    const [after, event] = hearAnswer(known, { interface: on, machine, answer }, own(), now());
    known = after;
    if (event !== undefined) world.record(event);
  }

  const stop = world.subscribe((event) => {
    if (event.type !== "overheard" || event.server === undefined) return;
    known = hearNamed(known, { interface: event.interface, server: event.server }, own(), now());
  });
  const ears = createEars(await loadNativeRaw(), world, take);
  const setInterfaces = async (arrivals: readonly Arrival[]) => {
    served = arrivals;
    await ears.set(arrivals);
  };
  await setInterfaces(options.interfaces);
  return {
    list: () => listServers(known, now()),
    setInterfaces,
    async close() {
      stop();
      await ears.close();
    },
  };
}

/** One for each interface; an interface that cannot be listened at is served all the same. */
function createEars(
  native: NativeRaw | undefined,
  world: World,
  take: (on: string, frame: Uint8Array) => void,
) {
  const hearerOf = (on: string) => (frame: Uint8Array) => {
    try {
      take(on, frame);
    } catch (error) {
      // Another server's malformed answer is no concern of ours.
      if (!(error instanceof WireError))
        world.record({ type: "bug", via: "other servers", error, bytes: frame });
    }
  };
  const ears = createOpenSet<Arrival, FrameEar | undefined>({
    keyOf: ({ interface: device, index }) => `${device} ${index ?? ""}`,
    async open({ interface: device }) {
      try {
        const how = { device, kind: DHCP_ANSWERS, everyMs: LOOK_EVERY_MS, onFrame: hearerOf(device) };
        return native && openFrameEar(native, how);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        const text = `other servers' answers cannot be heard on ${device}: ${why}`;
        world.record({ type: "notice", level: "debug", text });
        return undefined;
      }
    },
    close: async (ear) => ear?.close(),
  });
  return { set: ears.set, close: ears.close };
}
