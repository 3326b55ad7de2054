/** Words that the explanations share: who a client is, why a host is its own, what a reply gives to boot. */

import { OPTION } from "../../wire/dhcp/option.ts";
import type { DhcpPacket } from "../../wire/dhcp/packet.ts";
import { decodeNulText, decodeText } from "../../wire/dhcp/text.ts";
import { type Ipv4, UNSPECIFIED } from "../../wire/net/ipv4.ts";
import type { Mac } from "../../wire/net/mac.ts";
import { archRow } from "../arch.ts";
import type { BootClient } from "../client.ts";
import { namedHost, type SilentReason } from "../decide.ts";
import type { Host } from "../host.ts";
import type { Machine } from "../ladder/machine.ts";
import type { LeaseBook } from "../lease/lease-book.ts";
import type { SubnetTable } from "../lease/subnet.ts";
import type { BootPorts } from "../peer.ts";
import { explainSilence } from "../script/refusal.ts";
import type { Snapshot } from "../snapshot.ts";

/** Where the server is that is explained. */
export interface ExplainSite {
  /** Its address, as machines reach it. */
  readonly self: Ipv4;
  readonly ports: BootPorts;
  /** What was learnt of machines; absent: nothing, and each gets the usual offer. */
  readonly learnt?: ReadonlyMap<Mac, Machine>;
  /** Where we give the addresses: by what. Absent: another server does. */
  readonly giving?: Giving;
}

/** What a decision about an address is made by. */
export interface Giving {
  readonly book: LeaseBook;
  readonly table: SubnetTable;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** All addresses of this machine. */
  readonly ownAddresses: readonly Ipv4[];
}

/** Which program of a machine speaks. */
export interface ClientWords {
  /** As a newcomer would call it: the firmware, iPXE. */
  readonly program: string;
  readonly machine: string;
}

export function clientWords({ stage, arch, isa }: BootClient): ClientWords {
  const name = (arch === undefined ? undefined : archRow(arch)?.name) ?? isa;
  const machine = name ?? (arch === undefined ? "architecture unknown" : `architecture ${arch}`);
  switch (stage) {
    case "rom":
      return { program: "network card's ROM", machine };
    case "pi-rom":
      return { program: "boot ROM", machine: "Raspberry Pi" };
    case "uefi":
      return { program: "firmware", machine };
    case "http-boot":
      return { program: "firmware", machine: `${machine} Boot` };
    case "u-boot":
      return { program: "U-Boot", machine };
    case "ipxe":
      return { program: "iPXE", machine };
    case "kexec":
      return { program: "running Linux", machine };
  }
}

/** Why a decision is about this host. */
export function hostReason(client: BootClient, host: Host, snapshot: Snapshot): string {
  if (namedHost(client, snapshot) === undefined) {
    return `no host has this machine, and '${host.name}' is for all that none has`;
  }
  if (host.macs.includes(client.mac)) return `${client.mac} is host ${host.name}`;
  if (client.uuid !== undefined && host.uuids.includes(client.uuid)) {
    return `its UUID ${client.uuid} is that of host ${host.name}`;
  }
  return `its serial number ${client.serial ?? ""} is that of host ${host.name}`;
}

/** Why it cannot boot, and what mends that. The log would have told what an image lacks; here is no log. */
export function whySilent(
  reason: SilentReason,
  client: BootClient,
  host: Host | undefined,
  snapshot: Snapshot,
): string {
  if (reason !== "no-generation" || host === undefined) return explainSilence(reason, client, host?.name);
  const trouble =
    snapshot.images.get(host.image)?.trouble ?? `nothing lies at its place, hosts/${host.image}`;
  return `host ${host.name} has no complete image: ${trouble}`;
}

/** What a reply says about booting. */
export interface BootWords {
  /** The boot file, from wherever in the packet clients look first. */
  readonly file?: string;
  readonly siaddr: Ipv4;
  /** Option 60. */
  readonly vendorClass?: string;
  readonly hasOption43: boolean;
}

/** Reads what a reply says about booting. */
export function readBoot({ options, file, siaddr }: DhcpPacket): BootWords {
  const option67 = options.get(OPTION.BOOT_FILE_NAME);
  const name = option67 === undefined ? file : decodeNulText(option67);
  const vendorClass = options.get(OPTION.VENDOR_CLASS);
  return {
    ...(name === "" ? {} : { file: name }),
    siaddr,
    ...(vendorClass === undefined ? {} : { vendorClass: decodeText(vendorClass).replace(/\0+$/, "") }),
    hasOption43: options.has(OPTION.PXE_VENDOR),
  };
}

/** The boot file and how it is fetched; `undefined` where there is none. */
export function fileWords({ file, siaddr }: BootWords): string | undefined {
  if (file === undefined) return undefined;
  // What iPXE puts in itself, such as its serial number, is no news to a person.
  if (/^[a-z]+:\/\//.test(file)) return file.replaceAll(/\$\{[^}]*\}/g, "…");
  return siaddr === UNSPECIFIED
    ? `${file}, from a server that it does not name`
    : `${file} by TFTP from ${siaddr}`;
}

/** A sentence: its first letter large unless it is iPXE's, a full stop at its end. */
export function sentence(text: string): string {
  const end = /[.!?…]$/.test(text) ? "" : ".";
  const first = text.startsWith("iPXE") ? "i" : text.charAt(0).toUpperCase();
  return `${first}${text.slice(1)}${end}`;
}
