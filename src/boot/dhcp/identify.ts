/**
 * Who asks: which program, on which machine, as far as one DHCP packet tells.
 *
 * A client that does not netboot (a booted system, a phone) is nobody, and is left alone.
 */

import { type Arch, decodeClientArch } from "../../wire/dhcp/client-arch.ts";
import { decodeClientId } from "../../wire/dhcp/client-id.ts";
import {
  type ClientUuid,
  decodeClientUuid,
  decodeOldRaspberryPiSerial,
  isKnownUuid,
} from "../../wire/dhcp/client-uuid.ts";
import { decodeIpxeOptions, IPXE_FEATURE, type IpxeOptions } from "../../wire/dhcp/ipxe-options.ts";
import { OPTION } from "../../wire/dhcp/option.ts";
import { type DhcpPacket, ETHERNET } from "../../wire/dhcp/packet.ts";
import { decodeUserClass } from "../../wire/dhcp/user-class.ts";
import { decodeVendorClass, HTTP_CLIENT, U_BOOT, type VendorClass } from "../../wire/dhcp/vendor-class.ts";
import { WireError } from "../../wire/error.ts";
import { decodeMac, type Mac } from "../../wire/net/mac.ts";
import { type ArchRow, archRow } from "../arch.ts";
import type { BootClient, MachineFacts, Stage } from "../client.ts";
import { formatPciId, PCI_BUS, type PciId } from "../program/nic.ts";
import { isRaspberryPiMac } from "../rpi4/maker.ts";

/** What the EEPROM of a Raspberry Pi says it is: an x86 BIOS (R1). iPXE in a BIOS says the same. */
const RASPBERRY_PI_CLASS = "PXEClient:Arch:00000:UNDI:002001";
/** x86 BIOS, which the EEPROM claims, and rpiboot, which it may say one day. */
const RASPBERRY_PI_ARCHS: readonly Arch[] = [0, 41];

/**
 * Tells who sent a packet.
 *
 * @returns `undefined` for anything that does not netboot, and for one without an Ethernet address
 * @throws {@link WireError} when a netboot client's own options are malformed
 */
export function identify(packet: DhcpPacket): BootClient | undefined {
  const vendorClass = decodeVendorClass(packet.options.get(OPTION.VENDOR_CLASS) ?? new Uint8Array());
  if (!isNetboot(packet, vendorClass)) return undefined;
  const mac = readMac(packet);
  if (mac === undefined) return undefined;

  const ipxe = readIpxe(packet);
  const listed = readArchs(packet);
  const id = readUuid(packet);
  const machine = { mac, ...(id?.type === "uuid" && isKnownUuid(id.uuid) && { uuid: id.uuid }) };

  if (ipxe === undefined && isRaspberryPiRom(mac, id, listed, vendorClass)) {
    const serial = id?.type === "raspberry-pi" ? id.serial : oldSerial(packet);
    // Before March 2020 the serial number filled the UUID, which is therefore none.
    const { uuid: _serialFourTimes, ...rest } = machine;
    return {
      ...(serial === undefined ? machine : { ...rest, serial }),
      stage: "pi-rom",
      isa: "arm64",
      ...(id?.type === "raspberry-pi" && { piModel: id.model, facts: piFacts(id) }),
      ...(listed[0] !== undefined && { arch: listed[0] }),
    };
  }

  const row = chooseRow(listed, vendorClass);
  const arch = row?.arch ?? listed[0] ?? vendorClass.arch;
  return {
    ...machine,
    ...(id?.type === "raspberry-pi" && { serial: id.serial, piModel: id.model }),
    stage: ipxe === undefined ? romStage(row, vendorClass) : ipxeStage(row, ipxe),
    ...(row !== undefined && { isa: row.isa }),
    ...(row?.program !== undefined && { program: row.program }),
    ...(arch !== undefined && { arch }),
    ...pciOf(ipxe),
  };
}

/**
 * Tells who sent a packet where the address comes first: whoever gets its boot options wrong needs an
 * address all the same, and gets no boot file.
 */
export function identifyIfAble(packet: DhcpPacket): BootClient | undefined {
  try {
    return identify(packet);
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

/** The board as people know it: the revision is what `/proc/cpuinfo` prints too. */
function piFacts({ model, boardRevision }: Extract<ClientUuid, { type: "raspberry-pi" }>): MachineFacts {
  return { manufacturer: "Raspberry Pi", product: `Raspberry Pi ${model}, revision ${boardRevision}` };
}

function pciOf(ipxe: IpxeOptions | undefined): { readonly pci?: PciId } {
  const card = ipxe?.busId;
  return card?.bus === PCI_BUS ? { pci: formatPciId(card) } : {};
}

/** Whether iPXE sent this packet, whatever it is able to do. */
export function isIpxe(packet: DhcpPacket): boolean {
  return readIpxe(packet) !== undefined;
}

function isNetboot(packet: DhcpPacket, vendorClass: VendorClass): boolean {
  if (vendorClass.kind !== undefined || hasIpxeUserClass(packet)) return true;
  // A Pi's REQUEST has no class at all (R5); its option 97 cannot be mistaken.
  const id = packet.options.get(OPTION.CLIENT_UUID);
  return id?.length === 17 && id[0] === 0 && decodeClientUuid(id)?.type === "raspberry-pi";
}

/**
 * The hardware address of whoever sent a packet, from option 61 where `chaddr` holds something else: UEFI can be told to send
 * the machine's UUID there.
 */
export function readMac(packet: DhcpPacket): Mac | undefined {
  if (packet.htype === ETHERNET && packet.hlen === 6) return decodeMac(packet.chaddr.subarray(0, 6));
  const value = packet.options.get(OPTION.CLIENT_ID);
  if (value === undefined || value.length !== 7) return undefined;
  const { type, id } = decodeClientId(value);
  return type === ETHERNET ? decodeMac(id) : undefined;
}

function readUuid(packet: DhcpPacket): ClientUuid | undefined {
  const value = packet.options.get(OPTION.CLIENT_UUID);
  return value === undefined ? undefined : decodeClientUuid(value);
}

function oldSerial(packet: DhcpPacket): string | undefined {
  const value = packet.options.get(OPTION.CLIENT_UUID);
  return value === undefined ? undefined : decodeOldRaspberryPiSerial(value);
}

/** What iPXE says of itself; `undefined` for any other program (I1). */
function readIpxe(packet: DhcpPacket): IpxeOptions | undefined {
  const value = packet.options.get(OPTION.IPXE);
  const options = value === undefined ? undefined : decodeIpxeOptions(value);
  if (hasIpxeUserClass(packet)) return options ?? { features: new Set() };
  const speaks = options !== undefined && (options.version !== undefined || options.features.size > 0);
  return speaks ? options : undefined;
}

function hasIpxeUserClass(packet: DhcpPacket): boolean {
  const value = packet.options.get(OPTION.USER_CLASS);
  return value !== undefined && decodeUserClass(value).includes("iPXE");
}

/** The architectures of option 93; none where it is absent or unusable (Q8). */
function readArchs(packet: DhcpPacket): readonly Arch[] {
  const value = packet.options.get(OPTION.CLIENT_ARCH);
  const usable = value !== undefined && value.length > 0 && value.length % 2 === 0;
  return usable ? decodeClientArch(value) : [];
}

/**
 * The architecture to serve. Of several in option 93, the one that the class names is what this very
 * request is for; else the first one that is fetched the way the class says. Without a usable option
 * 93 the class alone tells (Q8).
 */
function chooseRow(listed: readonly Arch[], { kind, arch }: VendorClass): ArchRow | undefined {
  const rows = listed.flatMap((each) => archRow(each) ?? []);
  const transport = kind === HTTP_CLIENT ? "http" : "tftp";
  return (
    rows.find((row) => row.arch === arch) ??
    rows.find((row) => row.transport === transport) ??
    rows[0] ??
    (arch === undefined ? undefined : archRow(arch))
  );
}

function isRaspberryPiRom(
  mac: Mac,
  id: ClientUuid | undefined,
  listed: readonly Arch[],
  { kind, arch, text }: VendorClass,
): boolean {
  // The UEFI that a Pi starts asks again, with the same address and serial number: that is not the ROM.
  const archs = arch === undefined ? listed : [...listed, arch];
  if (kind === HTTP_CLIENT || !archs.every((each) => RASPBERRY_PI_ARCHS.includes(each))) return false;
  if (id?.type === "raspberry-pi") return true;
  return text === RASPBERRY_PI_CLASS && isRaspberryPiMac(mac);
}

function romStage(row: ArchRow | undefined, { kind }: VendorClass): Stage {
  if (kind === U_BOOT) return "u-boot";
  if (kind === HTTP_CLIENT) return "http-boot";
  return row === undefined || row.program === "bios-x86" ? "rom" : "uefi";
}

/**
 * The stage of an iPXE. One that can do no HTTP, or no bzImage in a BIOS, gets nowhere with a script:
 * it is given a whole iPXE first, as any ROM (Q13, VirtualBox). One that does not tell is trusted.
 */
function ipxeStage(row: ArchRow | undefined, { features }: IpxeOptions): Stage {
  const isBios = row?.program === "bios-x86";
  const needed = [IPXE_FEATURE.HTTP, ...(isBios ? [IPXE_FEATURE.BZIMAGE] : [])];
  if (features.size === 0 || needed.every((feature) => features.has(feature))) return "ipxe";
  return row === undefined || isBios ? "rom" : "uefi";
}
