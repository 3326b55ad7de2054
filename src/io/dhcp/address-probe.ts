/**
 * Asks the network whether an address is in use, before it is given away.
 *
 * On a network that is attached to this machine by ARP, which every machine answers; behind a relay by
 * ping. Where raw sockets cannot be had, by what an ordinary UDP datagram makes the kernel find out.
 */

import { networkInterfaces } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { arpProbe, claimsAddress, PROBE_WAITS_MS } from "../../boot/lease/conflict.ts";
import { WireError } from "../../wire/error.ts";
import { type ArpPacket, decodeArp, encodeArp } from "../../wire/net/arp.ts";
import { decodeEchoReply, type EchoReply, encodeEchoRequest } from "../../wire/net/icmp-echo.ts";
import type { Ipv4 } from "../../wire/net/ipv4.ts";
import type { Mac } from "../../wire/net/mac.ts";
import { loadNativeRaw, type NativeRaw } from "./native-raw.ts";
import { createPacketEar, type PacketEar } from "./packet-ear.ts";
import type { ProbeTarget } from "./probe-target.ts";
import { probeByUdp } from "./udp-probe.ts";

export interface AddressProber {
  /** Whether somebody uses the address: known at the first sign, or for want of one in less than half a second. */
  isInUse(target: ProbeTarget): Promise<boolean>;
}

/** @param native - raw sockets: `auto` where they can be had, `false` never */
export async function createAddressProber(native: "auto" | false): Promise<AddressProber> {
  const raw = native === false ? undefined : await loadNativeRaw();
  if (raw === undefined) return { isInUse: probeByUdp };
  const byArp = arpProber(raw);
  const byPing = pingProber(raw);
  return {
    async isInUse(target) {
      try {
        return await (target.isRelayed ? byPing(target) : byArp(target));
      } catch {
        // The interface has just gone, or knows no ARP, or there is no way there: let the kernel try.
        return probeByUdp(target);
      }
    },
  };
}

type Probe = (target: ProbeTarget) => Promise<boolean>;

function arpProber(raw: NativeRaw): Probe {
  const ears = new Map<string, PacketEar<void, ArpPacket>>();
  const earOf = (device: string): PacketEar<void, ArpPacket> => {
    const ear = ears.get(device) ?? createPacketEar(() => raw.openArp(device), readArp);
    ears.set(device, ear);
    return ear;
  };
  return (target) => {
    const { interface: device } = target.arrival;
    const question = encodeArp(arpProbe(target.address, macOf(device)));
    const isAnswer = (packet: ArpPacket) => claimsAddress(packet, target);
    return earOf(device).listen(isAnswer, (send, heard) => ask(() => send(question), heard));
  };
}

function pingProber(raw: NativeRaw): Probe {
  const ear = createPacketEar<Ipv4, EchoReply>(() => raw.openIcmp(), decodeEchoReply);
  // Told apart from those of other programs on this machine, which see each other's.
  const id = process.pid & 0xffff;
  return ({ address }) => {
    const isAnswer = (reply: EchoReply) => reply.from === address && reply.id === id;
    return ear.listen(isAnswer, (send, heard) =>
      ask((nth) => send(encodeEchoRequest(id, nth), address), heard),
    );
  };
}

/** Asks again and again until there is an answer, or the last wait is over. */
async function ask(send: (nth: number) => void, heard: Promise<true>): Promise<boolean> {
  for (const [nth, waitMs] of PROBE_WAITS_MS.entries()) {
    send(nth);
    if (await Promise.race([heard, delay(waitMs, false)])) return true;
  }
  return false;
}

function readArp(bytes: Uint8Array): ArpPacket | undefined {
  try {
    return decodeArp(bytes);
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

function macOf(device: string): Mac {
  // A second address may be labelled eth0:1.
  const all = Object.entries(networkInterfaces()).filter(([label]) => label.split(":")[0] === device);
  const mac = all.flatMap(([, addresses]) => addresses ?? [])[0]?.mac;
  if (mac === undefined) throw new Error(`${device} has lost its addresses`);
  return mac;
}
