/**
 * The iPXE scripts: who are you, boot this, and why you get nothing. Text in, text out.
 *
 * They use only commands that iPXE 1.0.0 of 2019 has and that no build leaves out, and no counters of
 * iPXE's own: how often something was tried stands in the URL or is written out line by line.
 *
 * A script ends by `exit 1`, which lets a UEFI go on with its boot order where `exit 0` may open its
 * setup, and which a BIOS does not look at (quirk I15).
 */

import { formatQuery, type QueryName } from "../../wire/ipxe/query.ts";
import {
  formatArgument,
  formatArguments,
  formatEcho,
  formatExpansion,
  formatScript,
} from "../../wire/ipxe/script.ts";
import { parseIpv4 } from "../../wire/net/ipv4.ts";
import { hyphenMac } from "../../wire/net/mac.ts";
import type { BootClient } from "../client.ts";
import { formatBytes } from "../describe.ts";
import { bootedFiles, type Generation, kernelVersionOf } from "../generation.ts";
import type { FailureAction, Host } from "../host.ts";
import { formatMediaQuery } from "../http/media-query.ts";
import type { BootId } from "../session/session.ts";
import { bootFileSteps } from "./boot-file-script.ts";
import { commandLine, imageName } from "./command-line.ts";

/** Where the boot plane is, as this machine reached it, without a slash at the end: `http://10.0.0.1:8080`. */
export type BaseUrl = string;

/** Boots of one machine in a row before it is left to its next boot option. */
export const MAX_ATTEMPTS = 3;
/** How often a machine asks again while its image has no generation: five minutes in all. */
export const MAX_WAITS = 30;

const WAIT_SECONDS = 10;
const RETRY_SECONDS = 5;
/** Parameters that whoever chained to us wants to add; nixpkgs' and HomestakerOS' scripts end by it too. */
const CMDLINE = formatExpansion("cmdline");
/** Time to read a message before the next boot option clears the screen. */
const READ_SECONDS = 10;
/** A switch with spanning tree forwards after 30 to 50 s; one `dhcp` takes about 15 (quirk I16). */
const DHCP_TRIES = 5;
const ASK_TRIES = 5;

/** Settings that go into the query, each expanded by iPXE. Free text stands last (see wire/ipxe/query.ts). */
const IDENTITY: readonly (readonly [QueryName, string])[] = [
  ["mac", "netX/mac:hexhyp"],
  ["uuid", "uuid"],
  ["arch", "buildarch"],
  ["platform", "platform"],
  ["busid", "netX/busid:hexhyp"],
  ["version", "version:uristring"],
  ["nic", "netX/chip:uristring"],
  ["hostname", "hostname:uristring"],
  ["serial", "serial:uristring"],
  ["asset", "asset:uristring"],
  ["manufacturer", "manufacturer:uristring"],
  ["product", "product:uristring"],
];

/** A query in which iPXE itself writes everything that it knows of its machine. */
export function identityQuery(): string {
  return IDENTITY.map(([name, setting]) => `${name}=${formatExpansion(setting)}`).join("&");
}

/** The bare script: makes sure of an address, then comes back with what the machine says of itself. */
export function identifyScript(base: BaseUrl): string {
  // netX is the interface that iPXE opened last: the one it was booted from.
  const askAddress = (attempt: number) => [
    ...formatEcho(`Mayfly: asking for a network address (${attempt} of ${DHCP_TRIES})`),
    `isset ${formatExpansion("netX/mac")} && dhcp netX && goto ask || dhcp && goto ask || sleep ${RETRY_SECONDS}`,
  ];
  const ask = (attempt: number) => [
    `chain --replace --autofree ${formatArgument(base)}/netboot.ipxe?${identityQuery()} ||`,
    ...formatEcho(`Mayfly: no script from ${base} (${attempt} of ${ASK_TRIES}).`),
    `sleep ${RETRY_SECONDS}`,
  ];
  return formatScript([
    `isset ${formatExpansion("netX/ip")} && goto ask ||`,
    ...times(DHCP_TRIES, askAddress),
    ...formatEcho("Mayfly: no address. Is the cable in? Does a DHCP server answer on this network?"),
    "goto next",
    ":ask",
    ...times(ASK_TRIES, ask),
    ...formatEcho(`Mayfly: gave up. Is 'mayfly serve' running, and can this network reach ${base}?`),
    ":next",
    ...afterFailure("next"),
  ]);
}

/** What a boot script is made of. */
export interface BootRequest {
  readonly base: BaseUrl;
  readonly client: BootClient;
  readonly host: Host;
  readonly generation: Generation;
  /** 1 for a boot that begins; more when the one before failed. */
  readonly attempt: number;
  /** The kernel parameter that tells what is booted where to report; absent: it does not report. */
  readonly checkIn?: string | undefined;
  /** Stands in the URLs of the files; absent: they are those that every machine has. */
  readonly bootId?: BootId | undefined;
  /** iPXE is told to log to this server. */
  readonly takesLogs?: boolean;
}

/**
 * The script that boots one generation.
 *
 * A failed step asks for the script anew, so that a boot whose generation was replaced or collected
 * under way starts over on the one that is current then.
 *
 * @throws {@link import("../../wire/error.ts").WireError} `WIRE_BAD_VALUE` when the kernel parameters
 * are too long, or cannot be written in a script
 */
export function bootScript(request: BootRequest): string {
  return formatScript([
    ...logLines(request),
    // What an earlier, failed boot left in memory would be handed to this kernel as one more initrd.
    "imgfree",
    ...formatEcho(titleOf(request)),
    ...formatEcho(partsOf(request)),
    ...stepsOf(request),
    ":retry",
    ...retry(request),
  ]);
}

/** Only an address is taken there. An iPXE that was built without takes it for a setting of one's own. */
function logLines({ base, takesLogs }: BootRequest): string[] {
  const address = parseIpv4(/^http:\/\/([\d.]+)(?::|$)/.exec(base)?.[1] ?? "");
  return takesLogs !== true || address === undefined ? [] : [`set syslog ${address} ||`];
}

function stepsOf(request: BootRequest): string[] {
  const { host, generation, checkIn } = request;
  const { bootFile, ownScript } = generation;
  if (bootFile === undefined || generation.kernel !== undefined)
    return ownScript === undefined ? linuxSteps(request) : ownScriptSteps(request);
  const url = mediaUrl(request, bootFile.file);
  return bootFileSteps({ host, generation, bootFile, url, checkIn, giveUp: afterFailure(host.onFailure) });
}

function linuxSteps(request: BootRequest): string[] {
  const { host, generation, checkIn } = request;
  const kernel = generation.kernel?.file ?? "";
  const params = commandLine(host, generation, checkIn);
  const words = params === "" ? [] : [formatArguments(params)];
  const load = (command: string, file: string) =>
    `${command} --name ${formatArgument(imageName(file))} ${mediaUrl(request, file)}`;
  return [
    `${[load("kernel", kernel), ...words, CMDLINE].join(" ")} || goto no-file`,
    ...generation.initrds.map((file) => `${load("initrd", file)} || goto no-file`),
    "boot ||",
    ...formatEcho(
      "Mayfly: all files arrived, but iPXE could not start the kernel; the line above says why. " +
        "Usual reasons: too little memory, a kernel for another machine, Secure Boot.",
    ),
    "goto retry",
    ":no-file",
    ...formatEcho("Mayfly: a file did not arrive; the line above says why."),
  ];
}

function ownScriptSteps(request: BootRequest): string[] {
  const { host, generation, attempt, checkIn = "" } = request;
  // Kept once, or each attempt would append to what the one before appended.
  const keep = attempt === 1 ? [`set mayfly-cmdline ${CMDLINE} ||`] : [];
  const own = [checkIn, host.kernelParams]
    .filter((part) => part !== "")
    .map((part) => `${formatArguments(part)} `);
  return [
    ...keep,
    `set cmdline ${own.join("")}${formatExpansion("mayfly-cmdline")} ||`,
    `chain --autofree ${mediaUrl(request, generation.ownScript ?? "")} || goto no-script`,
    ...formatEcho("Mayfly: the image's own script ended without booting."),
    ...afterFailure(host.onFailure),
    ":no-script",
    ...formatEcho(`Mayfly: the image's own ${generation.ownScript} failed; the line above says why.`),
  ];
}

function retry({ base, client, host, attempt }: BootRequest): string[] {
  const isLast = attempt >= MAX_ATTEMPTS;
  if (isLast) {
    return [
      ...formatEcho(`Mayfly: attempt ${attempt} of ${MAX_ATTEMPTS} failed too; giving up.`),
      ...formatEcho(
        `On the server, the log of 'mayfly serve' has a line for each of them. Build ${host.name} again, or ` +
          "link an older result: the next boot gets that.",
      ),
      ...afterFailure(host.onFailure),
    ];
  }
  return [
    ...formatEcho(`Mayfly: attempt ${attempt} of ${MAX_ATTEMPTS} failed; again in ${RETRY_SECONDS} seconds.`),
    `sleep ${RETRY_SECONDS}`,
    ...askAgain(base, client, "attempt", attempt + 1),
    ...afterFailure(host.onFailure),
  ];
}

/** Why a machine that runs iPXE gets nothing, in words for who stands before it. */
export interface Refusal {
  readonly base: BaseUrl;
  /** What is the matter, and what to do about it; a sentence each. */
  readonly sentences: readonly string[];
  /** Asks again after a pause, for what mends itself: a build may be under way. */
  readonly again?: {
    readonly client: BootClient;
    readonly wait: number;
    /** What is waited for is being made: there is no end to the waiting, and the count of it stands still. */
    readonly isComing?: boolean;
  };
  readonly onFailure?: FailureAction;
}

/** The script that says why, then waits or leaves the machine to its next boot option. */
export function refusalScript({ base, sentences, again, onFailure = "next" }: Refusal): string {
  const lines = sentences.flatMap(formatEcho);
  const isComing = again?.isComing === true;
  if (again === undefined || (again.wait > MAX_WAITS && !isComing))
    return formatScript([...lines, ...afterFailure(onFailure)]);
  const count = isComing ? "" : ` (${again.wait} of ${MAX_WAITS})`;
  // A build of an hour must not use up what a machine waits for an image that is broken.
  const next = isComing ? Math.max(2, Math.min(again.wait, MAX_WAITS)) : again.wait + 1;
  return formatScript([
    ...lines,
    ...formatEcho(`Mayfly: looking again in ${WAIT_SECONDS} seconds${count}.`),
    `sleep ${WAIT_SECONDS}`,
    ...askAgain(base, again.client, "wait", next),
    ...afterFailure(onFailure),
  ]);
}

/** Replaces this script by the machine's next one; goes on below only when the server cannot be reached. */
function askAgain(base: BaseUrl, client: BootClient, counter: "attempt" | "wait", count: number): string[] {
  const query = formatQuery(
    new Map<QueryName, string>([
      ["mac", hyphenMac(client.mac)],
      ...(client.uuid === undefined ? [] : [["uuid", client.uuid] as const]),
      ...(client.isa === undefined ? [] : [["arch", client.isa] as const]),
      // Whether it is a BIOS or UEFI, which decides what it can be given.
      ...(client.facts?.platform === undefined ? [] : [["platform", client.facts.platform] as const]),
      [counter, String(count)],
      ...(client.serial === undefined ? [] : [["serial", client.serial] as const]),
    ]),
  );
  const url = formatArgument(`${base}/netboot.ipxe?${query}`);
  return [
    ...times(ASK_TRIES, () => [`chain --replace --autofree ${url} || sleep ${RETRY_SECONDS}`]),
    ...formatEcho(`Mayfly at ${base} does not answer any more; giving up.`),
  ];
}

function afterFailure(action: FailureAction): string[] {
  if (action === "shell")
    return [...formatEcho("Mayfly: here is a shell; 'exit' goes on."), "shell ||", "exit 1"];
  return [...formatEcho("Mayfly: going on with the next boot option."), `sleep ${READ_SECONDS}`, "exit 1"];
}

function titleOf({ host, generation, attempt }: BootRequest): string {
  const version = kernelVersionOf(generation);
  const linux = version === undefined ? "" : `, Linux ${version}`;
  const again = attempt === 1 ? "" : ` (attempt ${attempt} of ${MAX_ATTEMPTS})`;
  return `Mayfly boots ${host.name}${linux}${again} from ${generation.id}`;
}

function partsOf({ base, generation }: BootRequest): string {
  if (generation.ownScript !== undefined) return `by the image's own ${generation.ownScript}, from ${base}`;
  const sizes = bootedFiles(generation).map(
    (file) => `${file} ${formatBytes(generation.files.get(file) ?? 0)}`,
  );
  return `${sizes.join(", ")} from ${base}`;
}

/** The path of a file of a generation on the boot plane, from its slash on. */
export function mediaPath(generation: Generation, file: string): string {
  return `/media/${[generation.id, ...file.split("/")].map(encodeURIComponent).join("/")}`;
}

function mediaUrl({ base, generation, host, bootId }: BootRequest, file: string): string {
  const query = formatMediaQuery({ bytesPerSecond: host.maxBytesPerSecond, bootId });
  return formatArgument(`${base}${mediaPath(generation, file)}${query}`);
}

function times(count: number, lines: (attempt: number) => readonly string[]): string[] {
  return Array.from({ length: count }, (_, index) => lines(index + 1)).flat();
}
