/** The settings of a server as it believes them: flags, environment, file and defaults put together and checked. */

import type { BuildSettings } from "../boot/build/build.ts";
import type { FailureAction, HostName, UnknownPolicy } from "../boot/host.ts";
import type { HostEntry } from "../boot/host-entry.ts";
import type { Reservation, Subnet } from "../boot/lease/subnet.ts";
import type { Target } from "../boot/notify/target.ts";
import type { NicRule } from "../boot/program/nic.ts";
import type { RolloutPolicy } from "../boot/rollout/policy.ts";
import type { Ipv4 } from "../wire/net/ipv4.ts";

/** From nothing at all to every packet. */
export type LogLevel = "silent" | "error" | "warn" | "info" | "debug" | "trace";

/**
 * What we answer of DHCP: the boot part beside another server, addresses and all, nothing but say what
 * would be answered, or nothing.
 */
export type DhcpMode = "proxy" | "authoritative" | "observe" | "off";

export interface SocketAddress {
  readonly host: string;
  readonly port: number;
}

/** Everything that `startApp` needs to know. Paths are absolute; ports are 0 to 65535, 0 meaning any free one. */
export interface Settings {
  /** The configuration file that is watched; it may not be there. */
  readonly configFile: string;
  /** `boot-media`; it may not be there. */
  readonly mediaFolder: string;
  readonly stateFolder: string;
  /** Where our own store of images is: the folder that it is made in. */
  readonly storeFolder: string;
  /** Names of interfaces to serve; empty: all that are fit for it. */
  readonly interfaces: readonly string[];
  readonly httpPort: number;
  readonly tftpPort: number;
  /** Absent: as the network wants it. */
  readonly tftpSinglePort?: boolean;
  /** In bytes; absent: what the interface carries. */
  readonly tftpBlockSize?: number;
  /** Where machines reach us, if not at the address of the interface. */
  readonly publicAddress?: Ipv4;
  readonly dhcp: DhcpMode;
  readonly admin: SocketAddress;
  /** What the admin plane is called by those who ask from elsewhere; in lower case. */
  readonly adminNames: readonly string[];
  /** Who needs a token: whoever is not on this machine, or everybody. */
  readonly adminToken: "remote" | "always";
  /** What Raspberry Pis say while they start is received. */
  readonly piConsole: boolean;
  /** Where machines may log to; absent: nowhere. */
  readonly syslogPort?: number;
  /** A port that cannot be opened is fatal. */
  readonly strict: boolean;
  /** Folders searched for boot programs after `boot-media/ipxe` and before those of the distribution. */
  readonly ipxeFolders: readonly string[];
  /** `serve IMAGE`: the one image that every machine gets; neither the media folder nor the hosts count then. */
  readonly image?: string;
  /** Where a trace of each boot is sent; absent: nowhere. */
  readonly traces?: TraceSettings;
  readonly live: LiveSettings;
}

/** Where traces are sent, and by whom. */
export interface TraceSettings {
  /** Where `POST` goes, path and all; absent: what was said of it cannot be used. */
  readonly url?: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What the server says of itself: `service.name` at least. */
  readonly resource: Readonly<Record<string, string>>;
  /** Variables that cannot be used, in a sentence each. */
  readonly ignored: readonly string[];
}

/** The part of the settings that may change while the server runs. */
export interface LiveSettings {
  readonly hosts: readonly HostEntry[];
  /** The networks that we give addresses on. With `observe` and some of these, what is told is the authoritative answer. */
  readonly subnets: readonly Subnet[];
  /** Of hosts and of subnets; every host is one, be it for its options and its name alone. */
  readonly reservations: readonly Reservation[];
  /** The host of machines that nothing matches; `false`: they are left alone; absent: `hosts/default`, if it is there. */
  readonly defaultHost?: HostName | false;
  /** What becomes of machines that nothing matches; absent: `default` where there is a default host, else `ignore`. */
  readonly unknown?: UnknownPolicy;
  /** Appended to every host's kernel parameters, before the host's own. */
  readonly kernelParams: string;
  readonly onFailure: FailureAction;
  /** How new generations reach the machines of hosts that say nothing else; absent: the next boot gets them. */
  readonly rollout?: RolloutPolicy;
  /** Whether what is booted is told where to report; absent: it is. */
  readonly checkIn?: boolean;
  /** Which boot program machines with a kind of network card get. */
  readonly nics?: readonly NicRule[];
  /** How long a superseded generation is kept for boots under way. */
  readonly keepMinutes: number;
  /** How long the timeline of each boot is kept. */
  readonly keepSessionsDays: number;
  /** How many generations of an image are kept beside the current one, to go back to. */
  readonly rollbackDepth: number;
  /** How many machines of a group restart by themselves at the same time. */
  readonly maxRebooting: number;
  /** How much room copies of images that lie in no store may take, in bytes; 0: none are made. */
  readonly storeMaxBytes: number;
  /** How many images may be fetched at once; absent: as many as ask. */
  readonly maxTransfers?: number;
  readonly build: BuildSettings;
  /** A folder whose folders are images, each of the host of its name. */
  readonly buildOutput?: string;
  /** Who is told of what happens. */
  readonly notify: readonly Target[];
  readonly logLevel: LogLevel;
}
