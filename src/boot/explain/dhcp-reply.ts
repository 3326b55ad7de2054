/** What a DHCP reply on the wire says, in words, and what is wrong with it for machines that boot. */

import type { DhcpPacket } from "../../wire/dhcp/packet.ts";
import { decodeNulText } from "../../wire/dhcp/text.ts";
import { UNSPECIFIED } from "../../wire/net/ipv4.ts";
import type { BootClient } from "../client.ts";
import { messageType } from "../dhcp/reply-type.ts";
import type { Peer } from "../peer.ts";
import { type BootWords, type ExplainSite, fileWords, readBoot } from "./words.ts";

export interface ReplyExplanation {
  /** What it is; a clause without who sent it. */
  readonly said: string;
  /** What a person should look at; whole sentences. */
  readonly warning?: string;
  readonly givesAddress: boolean;
  readonly givesBoot: boolean;
}

/**
 * Explains a reply.
 *
 * @param client - who it is for, as far as its request was heard
 */
export function explainReply(
  reply: DhcpPacket,
  from: Peer,
  client: BootClient | undefined,
  site: ExplainSite,
): ReplyExplanation {
  const type = messageType(reply) ?? "BOOTP";
  const boot = readBoot(reply);
  const file = fileWords(boot);
  const hasAddress = reply.yiaddr !== UNSPECIFIED;
  const facts = { givesAddress: hasAddress, givesBoot: file !== undefined || boot.hasOption43 };
  if (type === "NAK") {
    const text = reply.options.get(56);
    const why = text === undefined ? "" : `: ${decodeNulText(text)}`;
    return { said: `refuses the address (NAK)${why}`, givesAddress: false, givesBoot: false };
  }
  const warning = warn(reply, from, client, site, boot);
  return {
    said: `${verb(type, from)} ${giftWords(reply, boot, file, from.port === 4011)} (${type})`,
    ...(warning === undefined ? {} : { warning }),
    ...facts,
  };
}

function verb(type: string, from: Peer): string {
  if (from.port === 4011) return "answers on port 4011 with";
  return type === "OFFER" ? "offers" : "gives";
}

function giftWords(
  { yiaddr }: DhcpPacket,
  boot: BootWords,
  file: string | undefined,
  isFrom4011: boolean,
): string {
  const menu = boot.hasOption43 ? "PXE options (43)" : undefined;
  const boots = [file, menu].filter((part) => part !== undefined).join(", with ");
  if (isFrom4011) return boots === "" ? "no boot file" : boots;
  if (yiaddr !== UNSPECIFIED) return `the address ${yiaddr} and ${boots === "" ? "no boot file" : boots}`;
  return boots === "" ? "neither an address nor a boot file" : `${boots}, and no address`;
}

function warn(
  reply: DhcpPacket,
  from: Peer,
  client: BootClient | undefined,
  { self }: ExplainSite,
  boot: BootWords,
): string | undefined {
  const server = from.address;
  const isOurs = server === self;
  if (client === undefined) return undefined;
  const hasAddress = reply.yiaddr !== UNSPECIFIED;
  if (hasAddress && !isOurs && boot.vendorClass?.startsWith("PXEClient") === true && !boot.hasOption43) {
    return (
      `${server} calls itself a PXE server (option 60 = PXEClient). UEFI then asks its port 4011 for the boot file, ` +
      "and gives up (PXE-E55) when nobody answers there. Take option 60 out of that server (Q2)."
    );
  }
  const isUrl = boot.file !== undefined && /^[a-z]+:\/\//.test(boot.file);
  if (boot.file !== undefined && reply.siaddr === UNSPECIFIED && !(isUrl && hasAddress)) {
    return (
      `${server} names a boot file and no server (siaddr is 0.0.0.0). iPXE passes over such an answer, even if the ` +
      "file is a whole URL, and asks port 4011 again and again. Set next-server there (I5)."
    );
  }
  if (!hasAddress && boot.hasOption43 && client.stage === "uefi") {
    return (
      "Older UEFI firmware throws an offer away that has option 43 and no address, and then asks again and " +
      "again. Mayfly sends none to UEFI (Q1)."
    );
  }
  return isOurs ? undefined : warnRival(server, self, client, boot, hasAddress);
}

/** Somebody else who names a boot file: the firmware takes one of the two, and not always the better one. */
function warnRival(
  server: string,
  self: string,
  client: BootClient,
  boot: BootWords,
  hasAddress: boolean,
): string | undefined {
  if (boot.file === undefined && !(boot.hasOption43 && !hasAddress)) return undefined;
  const isToUs = boot.siaddr === self || boot.file?.includes(`//${self}:`) === true;
  if (client.stage === "ipxe" && boot.file !== undefined && /\.(k?k?pxe|efi|0)$/.test(boot.file)) {
    return (
      `${server} tells iPXE to start ${boot.file}, which is a boot program and no script: a machine goes round in ` +
      "circles so. Its settings must treat iPXE differently: 'mayfly print-config' prints how."
    );
  }
  if (isToUs) return undefined;
  return hasAddress
    ? `${server} gives addresses and also names a boot file. Firmware takes either that or Mayfly's. Remove its boot ` +
        "file and next-server (options 66 and 67), or put there what 'mayfly print-config' prints."
    : `${server} is another boot server on this network. Firmware takes whichever it likes: switch one of the two off.`;
}
