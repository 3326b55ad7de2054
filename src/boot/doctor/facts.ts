/** What `mayfly doctor` knows of the machine: gathered by the shell, and examined without another look. */

import type { Bpdu } from "../../wire/net/bpdu.ts";
import type { Ipv4 } from "../../wire/net/ipv4.ts";
import type { Mac } from "../../wire/net/mac.ts";
import type { ImageName } from "../host.ts";
import type { MayflyMode } from "../other-servers/probe.ts";
import type { ServerAnswer } from "../other-servers/server-answer.ts";
import type { ProgramChoice } from "../program/program-choice.ts";
import type { ContainerNetwork } from "../server/container.ts";
import type { PortHolder, PortProblem, WantedPort } from "../server/port-advice.ts";
import type { PresentInterface } from "../server/served-interfaces.ts";
import type { Snapshot } from "../snapshot.ts";
import type { Wall } from "./firewall.ts";

/** Everything that the settings and the machine tell. */
export interface Facts {
  /** In milliseconds since the epoch. */
  readonly nowMs: number;
  /** As the operator knows the file; it may not be there. */
  readonly config: { readonly file: string; readonly isThere: boolean };
  /** A server that answers where this configuration has its admin plane. */
  readonly server?: RunningServer;
  readonly ports: readonly PortFact[];
  readonly network: NetworkFacts;
  readonly firewall: FirewallFacts;
  readonly programs: ProgramChoice;
  readonly snapshot: Snapshot;
  /** Where the configuration has images lie; a link of such a name in the media folder does not count. */
  readonly imagePaths: ReadonlyMap<ImageName, string>;
  readonly state: StateFacts;
  /** Those of other folders that a server writes to; one that is told of already is left out. */
  readonly disks: readonly WrittenDisk[];
  /** How many folders one user may watch; absent where the system does not tell. */
  readonly maxWatches?: number;
  /** When the newest image was made, in milliseconds since the epoch; absent where none tells. */
  readonly newestImageMs?: number;
  /** What the networks answered; absent: they were not asked. */
  readonly probe?: ProbeFacts;
}

export interface RunningServer {
  /** `http://127.0.0.1:8081`. */
  readonly base: string;
  /** Processes that have its admin port open, as far as this user may see them. */
  readonly pids: readonly PortHolder["pid"][];
  /** Absent: it does not tell. */
  readonly dhcp?: "proxy" | "authoritative" | "observe" | "off";
  /** Other servers that it has heard; absent: it does not tell. */
  readonly heard?: readonly HeardServer[];
}

export interface HeardServer {
  readonly address: Ipv4;
  readonly mac?: Mac;
  readonly interface: string;
  readonly givesAddresses: boolean;
  /** What it gives to boot, in words. */
  readonly boots?: string;
  /** In milliseconds since the epoch. */
  readonly lastMs: number;
}

/** What came of a question on each network. */
export interface ProbeFacts {
  /** For how long it was listened. */
  readonly seconds: number;
  readonly networks: readonly ProbedNetwork[];
}

export interface ProbedNetwork {
  readonly interface: string;
  /** Why nobody could be asked. */
  readonly trouble?: { readonly text: string; readonly cure: string };
  /** One for each server. */
  readonly answers: readonly ProbeAnswer[];
  /** Whether a server on this machine would have been heard. */
  readonly hearsOwn: boolean;
  /** One for each switch; absent: they could not be listened for. */
  readonly bpdus?: readonly Bpdu[];
}

export interface ProbeAnswer extends ServerAnswer {
  /** It is a Mayfly, run so. */
  readonly mayfly?: MayflyMode;
}

/** What an attempt to open a port came to. */
export interface PortFact {
  readonly wanted: WantedPort;
  /** Absent: it can be opened. */
  readonly problem?: PortProblem;
}

export interface NetworkFacts {
  readonly present: readonly PresentInterface[];
  /** Those that the operator names; empty: all that are fit. */
  readonly named: readonly string[];
  readonly publicAddress?: string;
  readonly container: ContainerNetwork;
  /** Whether DHCP is served, or watched. */
  readonly dhcp: boolean;
  /** Whether we are to give the addresses. */
  readonly givesAddresses?: boolean;
  /** The largest block of TFTP that the operator allows, in bytes. */
  readonly tftpBlockSize?: number;
}

export interface FirewallFacts {
  readonly walls: readonly Wall[];
  /** Programs that would tell the rules, and were not allowed to. */
  readonly unread: readonly string[];
}

export interface StateFacts {
  readonly folder: string;
  /** Why it cannot be used. */
  readonly trouble?: { readonly text: string; readonly cure: string };
  /** Of its disk; absent where the system does not tell. */
  readonly room?: DiskRoom;
}

export interface DiskRoom {
  readonly freeBytes: number;
  /** Absent where they are made as they are needed. */
  readonly freeInodes?: number;
}

export interface WrittenFolder {
  readonly folder: string;
  /** `store`: copies of images are made there. `media`: builds leave links there. */
  readonly purpose: "store" | "media";
}

export interface WrittenDisk extends WrittenFolder {
  readonly room: DiskRoom;
}
