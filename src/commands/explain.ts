/** `mayfly explain MAC|FILE`: what a machine would be told and why, without sending a packet. */

import { readFile, stat } from "node:fs/promises";
import type { DhcpStage } from "../boot/client.ts";
import { explainCapture } from "../boot/explain/capture.ts";
import { explainMachine } from "../boot/explain/machine.ts";
import { loadSettings, type SettingsRequest } from "../config/load.ts";
import { ConfigError, quote } from "../config/mistake.ts";
import type { Settings } from "../config/settings.ts";
import { lookOnce } from "../known-world.ts";
import { WireError } from "../wire/error.ts";
import { parseUuid } from "../wire/ipxe/query.ts";
import { parseMac } from "../wire/net/mac.ts";
import { decodeCapture } from "../wire/pcap/capture.ts";
import type { Capture } from "../wire/pcap/captured-packet.ts";
import { explainMissing } from "./explain-missing.ts";
import { formatCapture, formatMachine } from "./explain-text.ts";
import type { Explained } from "./explained.ts";
import { ownAddresses } from "./own-address.ts";

/** All texts as typed. */
export interface ExplainOptions {
  /** A MAC address or a path. */
  readonly subject: string;
  readonly address?: string;
  readonly arch?: string;
  readonly stage?: DhcpStage;
  readonly vendorClass?: string;
  readonly uuid?: string;
  readonly serial?: string;
  readonly json: boolean;
}

/**
 * Explains a machine or a capture, for a person or as JSON.
 *
 * @throws {@link ConfigError} for arguments that mean nothing, and a file that is no capture
 */
export async function explain(request: SettingsRequest, options: ExplainOptions): Promise<string> {
  const subject = await readSubject(options);
  const settings = await loadSettings(request);
  const addresses = await ownAddresses(settings, options.address);
  const { snapshot, learnt, leases } = await lookOnce(settings);
  const giving =
    leases === undefined ? {} : { giving: { ...leases, nowMs: Date.now(), ownAddresses: addresses } };
  const { httpPort, tftpPort, syslogPort } = settings;
  const ports = {
    http: httpPort,
    tftp: tftpPort,
    ...(syslogPort === undefined ? {} : { syslog: syslogPort }),
  };
  const server = { ports, learnt, ...giving };
  const [self = ""] = addresses;
  const explained: Explained =
    subject.type === "capture"
      ? { type: "capture", ...explainCapture(subject.capture, addresses, server, snapshot) }
      : {
          type: "machine",
          self,
          notes: otherAddresses(addresses),
          ...explainMachine(subject.machine, snapshot, { self, ...server }),
        };
  const noted = { ...explained, notes: [...modeNotes(settings), ...explained.notes] };
  if (options.json) return `${JSON.stringify(noted, undefined, 2)}\n`;
  return noted.type === "machine" ? formatMachine(noted) : formatCapture(noted);
}

type Subject =
  | { readonly type: "capture"; readonly capture: Capture }
  | { readonly type: "machine"; readonly machine: Parameters<typeof explainMachine>[0] };

async function readSubject(options: ExplainOptions): Promise<Subject> {
  const { subject, arch, stage, vendorClass, uuid, serial } = options;
  const mac = parseMac(subject);
  if (mac === undefined) return { type: "capture", capture: await readCapture(subject) };
  return {
    type: "machine",
    machine: {
      mac,
      ...(arch === undefined ? {} : { arch: readArch(arch) }),
      ...(stage === undefined ? {} : { stage }),
      ...(vendorClass === undefined ? {} : { vendorClass }),
      ...(uuid === undefined ? {} : { uuid: readUuid(uuid) }),
      ...(serial === undefined ? {} : { serial }),
    },
  };
}

function otherAddresses([, ...others]: readonly string[]): string[] {
  if (others.length === 0) return [];
  const all = others.join(", ");
  return [`This server also has ${all}; --address or --interface explains it for a machine there.`];
}

function modeNotes({ dhcp }: Pick<Settings, "dhcp">): string[] {
  if (dhcp === "observe")
    return ["Mayfly only observes here ('dhcp: observe'): it sends none of its DHCP answers."];
  if (dhcp !== "off") return [];
  return [
    "DHCP is off here ('dhcp: off'), so Mayfly sends none of the DHCP answers below. The other server must tell " +
      "machines what to boot: 'mayfly print-config' prints how.",
  ];
}

/** More than any capture of a boot that was kept to the ports of booting. */
const MAX_FILE_BYTES = 512 * 1024 * 1024;

async function readCapture(path: string): Promise<Capture> {
  const want = "a MAC address such as 52:54:00:12:34:56, or a capture file of tcpdump or Wireshark";
  const mistake = (why: string) =>
    new ConfigError([{ place: "MAC|FILE", read: quote(path), want: `${want}: ${why}` }]);
  const found = await stat(path).catch((error: unknown) => {
    throw mistake(explainMissing(error));
  });
  if (!found.isFile()) throw mistake("that is no file");
  if (found.size > MAX_FILE_BYTES) {
    throw mistake(`that has more than 512 MiB; 'tcpdump -r ${path} -w small.pcap udp' keeps what is needed`);
  }
  try {
    return decodeCapture(await readFile(path));
  } catch (error) {
    if (error instanceof WireError) throw mistake(error.message);
    throw error;
  }
}

const ARCHS: ReadonlyMap<string, number> = new Map([
  ["bios", 0],
  ["x86", 6],
  ["x64", 7],
  ["arm64", 11],
  ["x64-http", 16],
  ["arm64-http", 19],
]);

/** Option 93's number, or a name that people use. */
function readArch(text: string): number {
  const named = ARCHS.get(text.toLowerCase());
  if (named !== undefined) return named;
  if (/^\d{1,5}$/.test(text) && Number(text) <= 0xffff) return Number(text);
  const want = `${[...ARCHS.keys()].join(", ")}, or a number of DHCP option 93`;
  throw new ConfigError([{ place: "--arch", read: quote(text), want }]);
}

function readUuid(text: string): string {
  const uuid = parseUuid(text);
  if (uuid !== undefined) return uuid;
  const want = "a UUID such as 4c4c4544-0042-3510-8052-b4c04f4e4d31";
  throw new ConfigError([{ place: "--uuid", read: quote(text), want }]);
}
