/** What a capture has told so far about each machine, and how far it got in the end. */

import type { Ipv4 } from "../../wire/net/ipv4.ts";
import type { Mac } from "../../wire/net/mac.ts";
import type { BootClient } from "../client.ts";

/** One machine. What is absent or false has not been heard. */
export interface MachineHeard {
  readonly mac: Mac;
  /** The program that asked last. */
  readonly client?: BootClient;
  /** Why Mayfly tells it nothing, where that is so; a clause that goes on from Mayfly's name. */
  readonly silence?: string;
  /** How often the program that asked last asked for an address. */
  readonly discovers: number;
  readonly offeredAddress: boolean;
  /** Something to boot was offered to the program that asked last. */
  readonly offeredBoot: boolean;
  readonly hasAddress: boolean;
  /** How often it asked on port 4011. */
  readonly asked4011: number;
  readonly answered4011: boolean;
  /** What its firmware asked for last, and whom. */
  readonly program?: { readonly file: string; readonly server: Ipv4 };
  readonly hasScript: boolean;
  /** The last file that iPXE asked for after a script. */
  readonly lastFile?: string;
  /** A system that was started asked for an address. */
  readonly isUp: boolean;
}

/** Immutable, as a conversation's state is everywhere. */
export interface Heard {
  readonly machines: ReadonlyMap<Mac, MachineHeard>;
  readonly macs: ReadonlyMap<Ipv4, Mac>;
  /** Files that are being fetched by TFTP, by the client's address and port. */
  readonly transfers: ReadonlyMap<string, string>;
}

export const NOTHING_HEARD: Heard = { machines: new Map(), macs: new Map(), transfers: new Map() };

/** More transfers at once than any capture of a failed boot has. */
const MAX_TRANSFERS = 256;

/** The machine as it is known so far. */
export function machineOf(heard: Heard, mac: Mac): MachineHeard {
  return (
    heard.machines.get(mac) ?? {
      mac,
      discovers: 0,
      offeredAddress: false,
      offeredBoot: false,
      hasAddress: false,
      asked4011: 0,
      answered4011: false,
      hasScript: false,
      isUp: false,
    }
  );
}

/** Takes over what is known of a machine by now. */
export function hear(heard: Heard, machine: MachineHeard): Heard {
  return { ...heard, machines: new Map(heard.machines).set(machine.mac, machine) };
}

/** A machine has an address from now on. */
export function hearAddress(heard: Heard, address: Ipv4, mac: Mac): Heard {
  return heard.macs.get(address) === mac ? heard : { ...heard, macs: new Map(heard.macs).set(address, mac) };
}

/** A transfer begins, and goes on from this port of the client. */
export function hearTransfer(heard: Heard, client: string, file: string): Heard {
  const kept = [...heard.transfers].slice(-MAX_TRANSFERS + 1);
  return { ...heard, transfers: new Map(kept).set(client, file) };
}

/** How far a machine got, and where to look next; a sentence or two. */
export function conclude(machine: MachineHeard, self: Ipv4): string {
  return `${machine.mac} ${verdict(machine, self)}`;
}

function verdict(machine: MachineHeard, self: Ipv4): string {
  const { client, program, lastFile } = machine;
  if (machine.isUp) return "booted: the system that was started asked for an address itself.";
  if (lastFile !== undefined) {
    return `fetched its script and then files, ${lastFile} last. If nothing came of it, its own screen says why.`;
  }
  if (machine.hasScript) {
    return "asked for its script and for nothing that stands in it. Its own screen shows what the script said.";
  }
  if (client?.stage === "ipxe") return ipxeVerdict(machine);
  if (program !== undefined && program.server !== self) {
    return (
      `asked ${program.server} for ${program.file}, and that is not this server: a DHCP server's answer sent it ` +
      `there. That one's next-server (siaddr, option 66) must be ${self}, or absent.`
    );
  }
  if (program !== undefined) {
    return (
      `asked for ${program.file}, and iPXE was not heard afterwards. Either the file did not arrive whole, or it did ` +
      "not start: Secure Boot, a program for another architecture, a card that this build cannot drive (another " +
      "build in boot-media/ipxe/ may)."
    );
  }
  if (client === undefined) return "did not try to boot from the network.";
  return firmwareVerdict(machine);
}

function ipxeVerdict(machine: MachineHeard): string {
  const { offeredBoot, hasAddress, offeredAddress, asked4011, answered4011 } = machine;
  if (asked4011 > 1 && answered4011) {
    return `started iPXE, which asked port 4011 ${asked4011} times and took none of the answers.`;
  }
  if (!offeredAddress) return "started iPXE, and no server offered it an address.";
  if (!offeredBoot) return `started iPXE, and ${nobodySaid(machine)}`;
  return hasAddress
    ? "started iPXE, which was told what to boot and did not fetch it. Can it reach that address and port?"
    : "started iPXE, which was offered an address and a script, and took neither. Was the capture ended too early?";
}

function nobodySaid({ silence }: MachineHeard): string {
  return silence === undefined
    ? "no server told it what to boot. Mayfly's offer is not in this capture: did it run, with 'dhcp: proxy', on " +
        "this interface? Does a switch drop offers of servers that it does not trust (DHCP snooping, DHCP guarding)?"
    : `no server told it what to boot. Mayfly ${silence}.`;
}

function firmwareVerdict(machine: MachineHeard): string {
  const { discovers, offeredAddress, offeredBoot, hasAddress, asked4011, answered4011 } = machine;
  const times = discovers > 1 ? `asked ${discovers} times` : "asked";
  if (asked4011 > 0 && !answered4011) {
    return "asked for its boot file on port 4011 and got no answer. Does a firewall keep UDP 4011 from Mayfly?";
  }
  if (asked4011 > 0)
    return "was told its boot file on port 4011 and did not fetch it. Can it reach UDP port 69?";
  if (!offeredAddress && !offeredBoot) {
    return `${times}, and no server answered at all. Was the capture taken where answers pass? Is the port of the switch up?`;
  }
  if (!offeredAddress) {
    return `${times}, and was offered something to boot but no address: the DHCP server of this network does not answer.`;
  }
  if (!offeredBoot) return `${times}, and ${nobodySaid(machine)}`;
  if (!hasAddress) {
    return `${times}, was offered an address and something to boot, and took neither. Its firmware did not like an offer.`;
  }
  return "has an address and was told what to boot, and did not fetch it. Can it reach UDP port 69 of that server?";
}
