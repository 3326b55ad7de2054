/** Whose lease it is, and which reservation is the asking machine's. */

import { OPTION } from "../../wire/dhcp/option.ts";
import { type DhcpPacket, ETHERNET } from "../../wire/dhcp/packet.ts";
import { formatMac, type Mac, parseMac } from "../../wire/net/mac.ts";
import { normalSerial } from "../rpi4/serial.ts";
import type { Lease, LeaseOwner } from "./lease.ts";
import type { LeaseBook } from "./lease-book.ts";
import type { LeaseQuestion } from "./lease-decision.ts";
import type { Reservation, SubnetTable } from "./subnet.ts";

/** Who asks, as far as leases go. */
export interface LeaseClient {
  readonly owner: LeaseOwner;
  readonly mac?: Mac;
  readonly uuid?: string;
  readonly serial?: string;
  readonly reservation?: Reservation;
}

/**
 * Tells who asks.
 *
 * By its Ethernet address, so that firmware, iPXE and Linux on one card are one. A client id counts
 * where there is no such address, and where the operator reserved something for just that id: several
 * containers may share one card's address.
 *
 * @returns `undefined` if it says nothing by which it could be told from others
 */
export function leaseClient(
  { request, client }: Pick<LeaseQuestion, "request" | "client">,
  book: LeaseBook,
  table: SubnetTable,
): LeaseClient | undefined {
  const mac = ethernetAddress(request);
  const id = clientIdOf(request);
  const byId = id === undefined ? undefined : table.byClientId.get(id);
  const byMac = mac === undefined ? undefined : table.byMac.get(mac);
  const idOnly = byId !== undefined && byId !== byMac;
  const owner = idOnly && id !== undefined ? `id:${id}` : ownerKey(request, mac, id);
  if (owner === undefined) return undefined;

  const known = { ...remembered(book.leasesOf(owner)), ...said(client) };
  const reservation = byId ?? byMac ?? byMachine(known, table);
  return {
    owner,
    ...(mac !== undefined && { mac }),
    ...known,
    ...(reservation !== undefined && { reservation }),
  };
}

interface Machine {
  readonly uuid?: string;
  readonly serial?: string;
}

function said(client: LeaseQuestion["client"]): Machine {
  return {
    ...(client?.uuid !== undefined && { uuid: client.uuid }),
    ...(client?.serial !== undefined && { serial: client.serial }),
  };
}

/** What the machine said in an earlier stage of its boot, the last time that it said so. */
function remembered(leases: readonly Lease[]): Machine {
  const last = (key: keyof Machine) =>
    leases.findLast((lease) => lease.state !== "conflict" && lease[key] !== undefined)?.[key];
  const uuid = last("uuid");
  const serial = last("serial");
  return { ...(uuid !== undefined && { uuid }), ...(serial !== undefined && { serial }) };
}

function byMachine({ uuid, serial }: Machine, table: SubnetTable): Reservation | undefined {
  return (
    (uuid === undefined ? undefined : table.byUuid.get(uuid)) ??
    (serial === undefined ? undefined : table.bySerial.get(normalSerial(serial)))
  );
}

function ethernetAddress({ htype, hlen, chaddr, options }: DhcpPacket): Mac | undefined {
  if (htype === ETHERNET && hlen === 6) return parseMac(formatMac(chaddr.subarray(0, 6)));
  // UEFI can be told to send the machine's UUID in chaddr; the card is then in option 61.
  const id = options.get(OPTION.CLIENT_ID);
  return id?.length === 7 && id[0] === ETHERNET ? parseMac(formatMac(id.subarray(1))) : undefined;
}

function ownerKey(
  { htype, hlen, chaddr, options }: DhcpPacket,
  mac: Mac | undefined,
  id: string | undefined,
): LeaseOwner | undefined {
  if (mac !== undefined) return `mac:${mac}`;
  if (id !== undefined) return `id:${id}`;
  const hardware = hex(chaddr.subarray(0, hlen));
  if (/[^0]/.test(hardware)) return `hw:${htype}:${hardware}`;
  const uuid = options.get(OPTION.CLIENT_UUID);
  return uuid?.some((byte) => byte !== 0) ? `uuid:${hex(uuid)}` : undefined;
}

/** Option 61 as reservations name it; one of fewer than two bytes is none (RFC 2132 §9.14). */
function clientIdOf({ options }: DhcpPacket): string | undefined {
  const id = options.get(OPTION.CLIENT_ID);
  return id === undefined || id.length < 2 ? undefined : hex(id);
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
