/**
 * The configuration as it is written: every key, what it may hold, and what it means.
 *
 * This is the one definition: the checks, the JSON Schema for editors and the words of the mistakes
 * come from it.
 */

import * as z from "zod";
import { isHostName } from "../boot/hosts.ts";
import { parseNicMatch } from "../boot/program/nic.ts";
import { isProgramWish } from "../boot/program/program-wish.ts";
import { ADMIN_SHAPE, ADMIN_WANT } from "./raw-admin.ts";
import { BUILD_KEY_SHAPE, BUILD_NUMBER_KEYS, flake } from "./raw-build.ts";
import { CHECK_IN_SHAPE } from "./raw-check-in.ts";
import { IDENTITY_WANT, macs, serials, uuids } from "./raw-identities.ts";
import { KEEPING_NUMBER_KEYS, KEEPING_SHAPE } from "./raw-keeping.ts";
import { KEXEC_NUMBER_KEYS, KEXEC_SHAPE } from "./raw-kexec.ts";
import { NOTIFY_SHAPE } from "./raw-notify.ts";
import { list, text, wholeNumber } from "./raw-parts.ts";
import { HOST_ROLLOUT_SHAPE, ROLLOUT_NUMBER_KEYS, ROLLOUT_SHAPE } from "./raw-rollout.ts";
import { RPI4_NUMBER_KEYS, rpi4 } from "./raw-rpi4.ts";
import { SESSION_NUMBER_KEYS, SESSION_SHAPE } from "./raw-sessions.ts";
import { HOST_ADDRESS_SHAPE, SUBNET_NUMBER_KEYS, subnets } from "./raw-subnet.ts";
import { SYSLOG_SHAPE } from "./raw-syslog.ts";
import { TRACE_SHAPE } from "./raw-traces.ts";
import type { DhcpMode, LogLevel } from "./settings.ts";
import { isHostAddress } from "./values.ts";

/** What is wanted, in the words of a mistake: "read …, want …". */
export const WANT = {
  folder: "the path of a folder",
  port: "a port: a whole number from 1 to 65535 (0: any free one)",
  interface: "the name of a network interface such as eth0",
  interfaces: "a list of network interfaces such as [eth0, eth1]",
  switch: "true or false",
  address: "an IPv4 address such as 192.0.2.10",
  blockSize: "a number of bytes from 512 to 65464",
  ...ADMIN_WANT,
  strict: "true or false",
  dhcp: "proxy, authoritative, observe or off",
  hosts: "hosts by name, as in 'hosts: { beta: { macs: [\"52:54:00:12:34:56\"] } }'",
  hostName:
    "a host's name: letters, digits, '.', '_' and '-', the first one a letter or a digit (a MAC address with hyphens)",
  ...IDENTITY_WANT,
  image: "the path of a nix result, or of a folder with a kernel and an initrd",
  kernelParams: "kernel parameters: text, or a list of texts",
  bootProgram: "firmware-driver, native-driver, or the name of a file in boot-media/ipxe",
  nics: "boot programs by network card, as in 'nics: { \"00:e0:4c\": native-driver }'",
  nic: "the first three bytes or more of MAC addresses such as 00:e0:4c, or a chip: pci:VENDOR or pci:VENDOR:DEVICE such as pci:10ec:8168",
  onFailure: "next (the firmware's next boot option) or shell",
  defaultHost: "the name of a host, or false",
  unknown: "ignore, hold, default or local",
  minutes: "a number of minutes from 0 to 10080",
  maxTransfers: "a whole number of machines from 1 to 100000",
  maxRate: "a number of megabytes per second from 0.1 to 10000",
  logLevel: "silent, error, warn, info, debug or trace",
  folders: "a folder, or a list of folders",
} as const;

const LOG_LEVELS = ["silent", "error", "warn", "info", "debug", "trace"] as const satisfies LogLevel[];

const DHCP_MODES = ["proxy", "authoritative", "observe", "off"] as const satisfies DhcpMode[];

const port = wholeNumber(WANT.port, 0, 65_535);

const isPrintable = (value: string) => !/\p{Cc}/u.test(value.replaceAll(/[\t\r\n]/g, ""));
const params = z.union(
  [
    z.string({ error: WANT.kernelParams }).refine(isPrintable, { error: WANT.kernelParams }),
    list(text(WANT.kernelParams, isPrintable), WANT.kernelParams),
  ],
  { error: WANT.kernelParams },
);
const bootProgram = text(WANT.bootProgram, isProgramWish, "^[A-Za-z0-9][A-Za-z0-9._-]*$");
const onFailure = z.enum(["next", "shell"], { error: WANT.onFailure });

const HOST_SHAPE = {
  macs: macs.nullish().describe("MAC addresses of the machine, in any spelling."),
  uuids: uuids.nullish().describe("SMBIOS UUIDs of the machine, for one whose MAC address is not known."),
  serials: serials
    .nullish()
    .describe("Serial numbers of the machine, as it spells them (SMBIOS, or a Raspberry Pi's)."),
  image: text(WANT.image)
    .nullish()
    .describe(
      "Where the image lies, relative to this file: a nix result, or a folder. Default: boot-media/hosts/NAME.",
    ),
  flake,
  kernelParams: params
    .nullish()
    .describe("Kernel parameters, after those of the image and those for every host."),
  onFailure: onFailure
    .nullish()
    .describe("What a machine does when its boot has failed for good. Default: as for every host."),
  ...CHECK_IN_SHAPE,
  ...HOST_ROLLOUT_SHAPE,
  ...HOST_ADDRESS_SHAPE,
  rpi4: rpi4.describe("For a host that is a Raspberry Pi."),
  bootProgram: bootProgram
    .nullish()
    .describe(
      "Which iPXE the machine gets: firmware-driver (uses the firmware's driver for the network card), " +
        "native-driver (has its own), or the name of a file in boot-media/ipxe. Default: what its network " +
        "card gets, else the best that is there, and another one where that dies.",
    ),
  maxMegabytesPerSecond: z
    .number({ error: WANT.maxRate })
    .min(0.1, { error: WANT.maxRate })
    .max(10_000, { error: WANT.maxRate })
    .nullish()
    .describe(
      "How fast images are sent to it, for a network card that stalls otherwise. Default: as fast as it takes them.",
    ),
};

const host = z
  .strictObject(HOST_SHAPE, { error: `keys of a host: ${Object.keys(HOST_SHAPE).join(", ")}` })
  .nullish();

const hostName = z
  .string()
  .refine(isHostName, { error: WANT.hostName })
  .meta({ pattern: "^[A-Za-z0-9][A-Za-z0-9._-]*$" });

const RAW_SHAPE = {
  media: text(WANT.folder)
    .nullish()
    .describe("The media folder, relative to this file. Default: boot-media in the working directory."),
  state: text(WANT.folder)
    .nullish()
    .describe("Where the server keeps what it must not forget. Default: $STATE_DIRECTORY, else .mayfly."),
  interfaces: list(text(WANT.interface, isInterfaceName), WANT.interfaces)
    .nullish()
    .describe(
      "Network interfaces to serve. Default: all with an IPv4 address but loopback and container bridges.",
    ),
  httpPort: port.nullish().describe("TCP port of what machines fetch. Default: 8080."),
  tftpPort: port.nullish().describe("UDP port of TFTP; firmware asks 69 only. Default: 69."),
  tftpSinglePort: z
    .boolean({ error: WANT.switch })
    .nullish()
    .describe(
      "Whether TFTP transfers go through the request port too, for machines behind address translation. " +
        "Default: false, but true in a container on a bridge network.",
    ),
  tftpBlockSize: z
    .number({ error: WANT.blockSize })
    .int({ error: WANT.blockSize })
    .min(512, { error: WANT.blockSize })
    .max(65_464, { error: WANT.blockSize })
    .nullish()
    .describe(
      "The largest block of TFTP in bytes, for a network that carries less than its interface says. " +
        "Default: what the interface carries.",
    ),
  publicAddress: text(WANT.address, isHostAddress, "^[0-9]{1,3}([.][0-9]{1,3}){3}$")
    .nullish()
    .describe(
      "The address that machines reach this server by, where it is not that of its interface: behind address translation.",
    ),
  dhcp: z
    .enum(DHCP_MODES, { error: WANT.dhcp })
    .nullish()
    .describe(
      "proxy: the boot part beside an existing DHCP server. authoritative: the addresses too. " +
        "observe: only say what would be answered. off: no DHCP. Default: proxy.",
    ),
  piConsole: z
    .boolean({ error: WANT.switch })
    .nullish()
    .describe(
      "Whether what Raspberry Pis say while they start is received and logged: UDP 6665 and 6666, where their " +
        "EEPROM is set to send it (NETCONSOLE). Default: false.",
    ),
  ...SYSLOG_SHAPE,
  subnets,
  ...ADMIN_SHAPE,
  strict: z
    .boolean({ error: WANT.strict })
    .nullish()
    .describe(
      "Whether a port that cannot be opened, or an interface that is not there, stops the server. Default: false.",
    ),
  hosts: z
    .record(hostName, host, { error: WANT.hosts })
    .nullish()
    .describe("The machines that have a name. A host named default is that of all others."),
  default: z
    .union([hostName, z.literal(false)], { error: WANT.defaultHost })
    .nullish()
    .describe(
      "The host whose image every unknown machine gets; false: unknown machines are left alone. " +
        "Default: the host or the entry boot-media/hosts/default, if there is one.",
    ),
  unknown: z
    .enum(["ignore", "hold", "default", "local"], { error: WANT.unknown })
    .nullish()
    .describe(
      "What becomes of machines that nothing matches. ignore: nothing is sent to them. hold: their screen " +
        "says how to approve them, and they wait. default: they boot as the default host. local: they go " +
        "on with their next boot option. Default: default where there is a default host, else ignore.",
    ),
  kernelParams: params
    .nullish()
    .describe("Kernel parameters for every host, after those of the image. Default: none."),
  onFailure: onFailure
    .nullish()
    .describe("What a machine does when its boot has failed for good: next or shell. Default: next."),
  ...CHECK_IN_SHAPE,
  nics: z
    .record(
      z
        .string()
        .refine((key) => parseNicMatch(key) !== undefined, { error: WANT.nic })
        .meta({
          pattern:
            "^([Pp][Cc][Ii]:[0-9A-Fa-f]{4}(:[0-9A-Fa-f]{4})?|[0-9A-Fa-f]{2}([:-][0-9A-Fa-f]{2}){2,5})$",
        }),
      bootProgram,
      { error: WANT.nics },
    )
    .nullish()
    .describe(
      "Which iPXE machines with some network card get, by the first bytes of the MAC address (00:e0:4c) or by " +
        "the chip (pci:10ec, pci:10ec:8168), which is known from a machine's second boot on. Default: none.",
    ),
  ipxe: z
    .union([text(WANT.folder), list(text(WANT.folder), WANT.folders)], { error: WANT.folders })
    .nullish()
    .describe("Folders searched for boot programs before those of the distribution, relative to this file."),
  keepMinutes: z
    .number({ error: WANT.minutes })
    .min(0, { error: WANT.minutes })
    .max(10_080, { error: WANT.minutes })
    .nullish()
    .describe("How long a superseded generation is kept for boots under way. Default: 60."),
  ...ROLLOUT_SHAPE,
  ...SESSION_SHAPE,
  ...KEEPING_SHAPE,
  ...KEXEC_SHAPE,
  maxTransfers: z
    .number({ error: WANT.maxTransfers })
    .int({ error: WANT.maxTransfers })
    .min(1, { error: WANT.maxTransfers })
    .max(100_000, { error: WANT.maxTransfers })
    .nullish()
    .describe(
      "How many images iPXE may fetch at once; the others wait for their turn. Default: as many as ask.",
    ),
  ...BUILD_KEY_SHAPE,
  ...NOTIFY_SHAPE,
  ...TRACE_SHAPE,
  logLevel: z
    .enum(LOG_LEVELS, { error: WANT.logLevel })
    .nullish()
    .describe("The least important lines that are logged. Default: info."),
};

/** What `mayfly.yaml` may hold; relative paths and spellings are still as written. */
export const rawConfig = z.strictObject(RAW_SHAPE, { error: "keys such as 'hosts:'" });

export type RawConfig = z.infer<typeof rawConfig>;
export type RawHost = NonNullable<z.infer<typeof host>>;
export type RawKey = keyof typeof RAW_SHAPE;

/** The keys that stand at the top. */
export const TOP_KEYS = Object.keys(RAW_SHAPE) as readonly RawKey[];
/** The keys of a host. */
export const HOST_KEYS: readonly string[] = Object.keys(HOST_SHAPE);
/** What is a number in the configuration; all else that looks like one is text, `525400123456` for instance. */
export const NUMBER_KEYS: ReadonlySet<string> = new Set([
  "httpPort",
  "tftpPort",
  "tftpBlockSize",
  "keepMinutes",
  "maxTransfers",
  "maxMegabytesPerSecond",
  ...SUBNET_NUMBER_KEYS,
  ...RPI4_NUMBER_KEYS,
  ...SESSION_NUMBER_KEYS,
  "syslog",
  ...KEEPING_NUMBER_KEYS,
  ...KEXEC_NUMBER_KEYS,
  ...BUILD_NUMBER_KEYS,
  ...ROLLOUT_NUMBER_KEYS,
]);

/** @see linux/include/uapi/linux/if.h: 15 bytes, and what a path cannot hold */
function isInterfaceName(value: string): boolean {
  return value.length <= 15 && !/[\s/]/.test(value) && value !== "." && value !== "..";
}
