/** What a DHCP server's answer says of that server: whether it gives addresses, and whether something to boot. */

import { decodeBootName } from "../../wire/dhcp/boot-name.ts";
import { OPTION } from "../../wire/dhcp/option.ts";
import { BOOTREPLY, type DhcpPacket } from "../../wire/dhcp/packet.ts";
import { decodeVendorClass, HTTP_CLIENT, PXE_CLIENT } from "../../wire/dhcp/vendor-class.ts";
import { decodeIpv4, type Ipv4, UNSPECIFIED } from "../../wire/net/ipv4.ts";
import type { Mac } from "../../wire/net/mac.ts";
import { messageType } from "../dhcp/reply-type.ts";

export interface ServerAnswer {
  /** Its server identifier, or where the answer came from. */
  readonly address: Ipv4;
  /** Of the network card, or the relay, that sent it; absent where that could not be seen. */
  readonly mac?: Mac;
  /** The address that it gives, or would give. */
  readonly gives?: Ipv4;
  /** Absent: it says nothing of booting. */
  readonly boot?: BootOffer;
}

/** What a server gives to boot. */
export interface BootOffer {
  /** It says that it is a boot server, which firmware believes. */
  readonly class?: typeof PXE_CLIENT | typeof HTTP_CLIENT;
  /** As it can be shown. */
  readonly file?: string;
  /** From where the file is fetched: an address, or the name of option 66. */
  readonly nextServer?: string;
}

/** Where an answer came from. */
export interface AnswerSource {
  readonly address: Ipv4;
  readonly mac?: Mac;
}

/**
 * Reads an answer, whoever it is for.
 *
 * @returns `undefined` for what is no answer that gives anything: requests, NAKs
 * @throws {@link import("../../wire/error.ts").WireError} for a malformed message type
 */
export function readServerAnswer(packet: DhcpPacket, from: AnswerSource): ServerAnswer | undefined {
  const type = messageType(packet);
  if (packet.op !== BOOTREPLY || (type !== "OFFER" && type !== "ACK")) return undefined;
  const id = packet.options.get(OPTION.SERVER_ID);
  const boot = readBootOffer(packet);
  return {
    address: id?.length === 4 ? decodeIpv4(id) : from.address,
    ...(from.mac === undefined ? {} : { mac: from.mac }),
    ...(packet.yiaddr === UNSPECIFIED ? {} : { gives: packet.yiaddr }),
    ...(boot === undefined ? {} : { boot }),
  };
}

/** Many servers put themselves into siaddr whatever they do: alone it says nothing. */
function readBootOffer({ options, file, siaddr }: DhcpPacket): BootOffer | undefined {
  const { kind } = decodeVendorClass(options.get(OPTION.VENDOR_CLASS) ?? new Uint8Array());
  const named = options.get(OPTION.BOOT_FILE_NAME);
  const bootFile = shown(named === undefined ? file : decodeBootName(named));
  const tftpName = shown(decodeBootName(options.get(OPTION.TFTP_SERVER_NAME) ?? new Uint8Array()));
  const isServer = kind === PXE_CLIENT || kind === HTTP_CLIENT;
  if (!isServer && bootFile === "" && tftpName === "") return undefined;
  const nextServer = siaddr === UNSPECIFIED ? tftpName : siaddr;
  return {
    ...(isServer ? { class: kind } : {}),
    ...(bootFile === "" ? {} : { file: bootFile }),
    ...(nextServer === "" ? {} : { nextServer }),
  };
}

const MAX_SHOWN = 128;

/** Whatever comes from the network is shown to people, and must not play with their terminal. */
function shown(text: string): string {
  return text.slice(0, MAX_SHOWN).replaceAll(/[^\x20-\x7e]/g, "?");
}

/**
 * Whether what a server gives to boot leads to us: a DHCP server that was told to, as `mayfly print-config` prints it.
 *
 * @param own - all our addresses
 */
export function leadsTo({ file = "", nextServer }: BootOffer, own: readonly Ipv4[]): boolean {
  const host = /^[a-z]+:\/\/([^/:]+)/.exec(file)?.[1];
  return own.includes(host ?? nextServer ?? "");
}

/** In a few words: `PXEClient, undionly.kpxe from 10.0.0.9`. */
export function describeBootOffer({ class: kind, file, nextServer }: BootOffer): string {
  const from = nextServer === undefined ? "" : ` from ${nextServer}`;
  const what = file === undefined ? "its boot file on port 4011" : `${file}${from}`;
  return kind === undefined ? what : `${kind}, ${what}`;
}

/**
 * What a server's answers to several questions come to: of one thing the first that says it.
 *
 * @param whoOf - what tells servers apart, where more than one may answer from an address
 */
export function mergeAnswers<Answer extends ServerAnswer>(
  answers: readonly Answer[],
  whoOf: (answer: Answer) => string = ({ address }) => address,
): readonly Answer[] {
  const merged = new Map<string, Answer>();
  for (const answer of answers) {
    const who = whoOf(answer);
    const before = merged.get(who);
    const boot = { ...answer.boot, ...before?.boot };
    const hasBoot = answer.boot !== undefined || before?.boot !== undefined;
    merged.set(who, { ...answer, ...before, ...(hasBoot ? { boot } : {}) });
  }
  return [...merged.values()];
}
