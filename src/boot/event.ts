/**
 * What happened, as values: the one stream that log, metrics, timeline and dashboard read.
 *
 * Every decision, transfer and change is recorded once, where it happened, and never described twice.
 */

import type { Ipv4 } from "../wire/net/ipv4.ts";
import type { Mac } from "../wire/net/mac.ts";
import type { Build } from "./build/build.ts";
import type { CheckInRefusal } from "./check-in/refusal.ts";
import type { BootClient } from "./client.ts";
import type { BootDecision } from "./decide.ts";
import type { Diagnosis } from "./diagnosis/diagnosis.ts";
import type { Generation, GenerationId } from "./generation.ts";
import type { HostName, ImageName } from "./host.ts";
import type { HostChanges } from "./host-changes.ts";
import type { OfferVariant } from "./ladder/offer-variant.ts";
import type { LeaseDecision } from "./lease/lease-decision.ts";
import type { BootOffer } from "./other-servers/server-answer.ts";
import type { Peer } from "./peer.ts";
import type { HeldBack } from "./rollout/held-back.ts";
import type { RolloutNews } from "./rollout/rollout-event.ts";
import type { PiPart } from "./rpi4/pi-tree.ts";
import type { CheckIn } from "./session/check-in.ts";
import type { BootId, Session, SessionId } from "./session/session.ts";

/** How a transfer ended; all of them are normal for some firmware but the last three. */
export type TransferResult =
  | "complete"
  | "probed" // the client only wanted the size, or to know that it is there (T1)
  | "aborted" // the client said so
  | "timed-out"
  | "stale" // the file was overwritten under way: the boot is told to start over
  | "failed"; // we could not read it

/** Which machine is at the other end, where its address tells without doubt. */
export interface PeerMachine {
  readonly mac?: Mac;
  /** The host that has this MAC address. */
  readonly host?: HostName;
}

export interface TransferFacts extends PeerMachine {
  readonly via: "tftp" | "http";
  readonly peer: Peer;
  /** The path as it was decided: `undionly.kpxe`, `media/ID/initrd`. */
  readonly path: string;
  readonly generation?: GenerationId;
  /** The file's name in the folder of its generation. */
  readonly file?: string;
  /** Of a Raspberry Pi's boot folder: which part of its boot the file is. */
  readonly piPart?: PiPart;
  /** Bytes that a complete transfer has (for a range: of the range). */
  readonly sizeBytes: number;
  /** Of a range: where it begins in the file, in bytes. */
  readonly fromByte?: number;
  /** Of the boot that asks, where its script said so in the file's URL. */
  readonly bootId?: BootId;
}

/** A transfer that tells how far it is whenever it is asked, so that nobody has to be told of each packet. */
export interface TransferUnderWay extends TransferFacts {
  /** Over TFTP: what the client acknowledged. Over HTTP: what the kernel took. */
  readonly sentBytes: () => number;
}

/** Something that the operator should know and can act on. */
export interface Notice {
  readonly level: "debug" | "info" | "warn";
  readonly text: string;
  /** The command or the change that mends it. */
  readonly cure?: string;
  /** What suffers, where its end will be told too. */
  readonly trouble?: string;
  /** The trouble is over. */
  readonly isOver?: true;
  /** As of a description: what has the same says the same again. */
  readonly repeats?: string;
}

/** Whose an address is or, of a transfer from there, who fetches. */
export type OwnerOf = (
  address: Ipv4,
  facts?: Pick<TransferFacts, "via" | "bootId" | "generation">,
) => PeerMachine;

/** Names the machine at the other end of a transfer, for whoever reads the event. */
export function withMachine(event: BootEvent, ownerOf: OwnerOf): BootEvent {
  switch (event.type) {
    case "transfer-started":
    case "transfer-ended":
      return { ...ownerOf(event.peer.address, event), ...event };
    case "refused":
    case "check-in-refused":
    case "console":
      return { ...ownerOf(event.peer.address), ...event };
    default:
      return event;
  }
}

export type BootEvent =
  /** A DHCP request of a netboot client was decided; `reply` is what left, if anything did. */
  | {
      readonly type: "dhcp";
      readonly interface: string;
      readonly port: 67 | 4011;
      readonly request: string;
      /** For how many seconds the client says that it has been asking, in its request's own field; absent: 0. */
      readonly secs?: number;
      readonly client: BootClient;
      readonly decision: BootDecision;
      readonly reply?: "OFFER" | "ACK";
      /** The form of the reply, where it is not the usual one of such firmware. */
      readonly variant?: OfferVariant;
      /** Nothing was sent: observe mode. */
      readonly observed?: true;
    }
  /** A request for an address was decided. */
  | {
      readonly type: "lease";
      readonly interface: string;
      /** The client's hardware address; `TYPE/…` where it is not Ethernet's. */
      readonly mac: string;
      readonly request: string;
      /** Who asks, where it netboots. */
      readonly client?: BootClient;
      readonly decision: LeaseDecision;
      /** Why it was not answered all the same: nothing is acknowledged that could not be kept. */
      readonly unkept?: { readonly text: string; readonly cure?: string };
      /** Nothing was sent: observe mode. */
      readonly observed?: true;
    }
  /** iPXE asked for its script and got it, or got one that says why not. */
  | {
      readonly type: "script";
      readonly peer: Peer;
      readonly client: BootClient;
      readonly decision: BootDecision;
      /** The how manieth time it asks while it waits, for an image or to be approved; absent for the first. */
      readonly wait?: number;
      /** The how manieth boot in a row it is, those before having failed; absent for the first. */
      readonly attempt?: number;
      /** A Linux that runs asks, to be replaced; absent: a machine that starts. */
      readonly via?: "kexec";
      /** Of the boot that the script begins; absent where it begins none. */
      readonly bootId?: BootId;
      /** It stands in the URLs of the files, since the address does not tell which machine fetches them. */
      readonly isInUrls?: true;
    }
  /** What was booted has said that it is up, with the token of its boot. */
  | {
      readonly type: "checked-in";
      readonly peer: Peer;
      readonly bootId: BootId;
      readonly mac: Mac;
      readonly host?: HostName;
      readonly generation: GenerationId;
      readonly checkIn: CheckIn;
    }
  /** A report was not taken: nothing is changed by it. */
  | ({
      readonly type: "check-in-refused";
      readonly peer: Peer;
      readonly reason: CheckInRefusal;
      /** Of the boot that its token was made for, where we made it. */
      readonly bootId?: BootId;
    } & PeerMachine)
  /**
   * A DHCP request that is not ours to answer: a netboot client's that takes another server's address, or
   * that of a system that runs. With our own leases the latter is followed by what was decided.
   */
  | {
      readonly type: "overheard";
      readonly interface: string;
      readonly mac: Mac;
      readonly request: string;
      /** Absent: it does not netboot. */
      readonly client?: BootClient;
      /** What it says it has, or takes. */
      readonly address?: Ipv4;
      /** The server that it names, from which it takes its address. */
      readonly server?: Ipv4;
    }
  /** Another server was heard to give a machine something to boot or, where we give them, an address. */
  | {
      readonly type: "foreign-offer";
      readonly interface: string;
      readonly mac: Mac;
      readonly server: Ipv4;
      readonly serverMac?: Mac;
      /** The address that it gives. */
      readonly gives?: Ipv4;
      readonly boot?: BootOffer;
      /** Nobody was told of that server within the hour. */
      readonly isNews?: true;
    }
  /**
   * A boot began, came on, or is over: as it is now. `ended` whenever it has another outcome than before,
   * and that is not `under-way`: it may be handed over first and checked in later.
   */
  | {
      readonly type: "session";
      readonly change: "began" | "moved" | "ended";
      readonly session: Session;
    }
  /** What is wrong with a boot was found out. */
  | {
      readonly type: "diagnosed";
      readonly session: SessionId;
      readonly mac: Mac;
      readonly host?: HostName;
      /**
       * It was told before: of this boot, which came on in between, or of the one before in the same loop. For
       * whatever shows how boots are now; nobody needs to read it again.
       */
      readonly repeated?: true;
      readonly diagnosis: Diagnosis;
    }
  | ({ readonly type: "transfer-started" } & TransferFacts)
  | ({
      readonly type: "transfer-ended";
      readonly result: TransferResult;
      /** Over TFTP: what the client acknowledged. */
      readonly sentBytes: number;
      readonly durationMs: number;
      /**
       * Over TFTP: the size that was agreed on, and how many of them the client has acknowledged; -1: it has
       * not even said that it agrees.
       */
      readonly blocks?: { readonly sizeBytes: number; readonly acked: number };
      /** Why it ended early, where somebody said so: the client's own words, or ours. */
      readonly reason?: string;
    } & TransferFacts)
  /** A file that is not there, or a request that we do not serve. `expected`: a normal probe, no news. */
  | ({
      readonly type: "refused";
      readonly via: "tftp" | "http";
      readonly peer: Peer;
      readonly path: string;
      readonly reason: string;
      readonly expected: boolean;
    } & PeerMachine)
  /** nix is to build a host's image, begins, comes on, or is done; at most one `moved` a second of each. */
  | {
      readonly type: "build";
      readonly change: "queued" | "began" | "moved" | "ended";
      readonly host: HostName;
      readonly build: Build;
    }
  | {
      readonly type: "published";
      readonly image: ImageName;
      readonly generation: Generation;
      /** The hosts that do not get it yet; absent, or none: it is live for every next boot. */
      readonly heldBack?: readonly HeldBack[];
    }
  | { readonly type: "trouble"; readonly image: ImageName; readonly reason: string }
  | { readonly type: "withdrawn"; readonly image: ImageName }
  | { readonly type: "dropped"; readonly generation: GenerationId }
  /** The configuration was edited, or an entry of the media folder that is a host came or went. */
  | ({ readonly type: "hosts" } & HostChanges)
  /** The operator has said which host a machine is, and it is kept; `by`: with which token. */
  | { readonly type: "approved"; readonly mac: Mac; readonly host: HostName; readonly by?: string }
  /** The operator has taken an approval back. */
  | { readonly type: "unapproved"; readonly mac: Mac; readonly host: HostName; readonly by?: string }
  /** Somebody has changed something through the API. */
  | {
      readonly type: "steered";
      /** The name of their token; absent: somebody on the server's own machine. */
      readonly by?: string;
      readonly method: string;
      readonly path: string;
    }
  /** A new generation got somewhere, or was stopped; or the operator wanted something of it. */
  | ({ readonly type: "rollout" } & RolloutNews)
  /** A machine said something: a Raspberry Pi's EEPROM while it started (NETCONSOLE), or anything by syslog. */
  | ({
      readonly type: "console";
      readonly peer: Peer;
      readonly text: string;
      /** Absent: the EEPROM. */
      readonly via?: "syslog";
      /** Which program says it, where it says so. */
      readonly program?: string;
      /** 0, an emergency, to 7, for debugging. */
      readonly severity?: number;
    } & PeerMachine)
  | ({ readonly type: "notice" } & Notice)
  /** The peer broke its protocol: dropped and counted. */
  | {
      readonly type: "malformed";
      readonly via: "dhcp" | "tftp" | "http";
      readonly peer: Peer;
      readonly code: string;
      readonly reason: string;
    }
  /** Our own mistake; the bytes are its reproduction. */
  | { readonly type: "bug"; readonly via: string; readonly error: unknown; readonly bytes?: Uint8Array };
