/** What is asked below `/kexec/`: which host, which machine, which generation. */

import { type Mac, parseMac } from "../../wire/net/mac.ts";
import { type Isa, parseIsa } from "../arch.ts";
import type { CheckInToken } from "../check-in/begin-boot.ts";
import type { GenerationId } from "../generation.ts";
import type { HostName } from "../host.ts";

/**
 * Which of the texts is asked for.
 *
 * - `script`: what people pipe into `sh`
 * - `plan`: what this machine would load, for the script
 * - `start`: the machine is about to: its boot begins, and this is its command line
 * - `next`: which generation should a machine run that runs one now
 */
export type KexecStep = "script" | "plan" | "start" | "next";

/** Which machine becomes which host, and by what. */
export interface KexecWish {
  /** Absent: the host that has the machine's MAC address. */
  readonly host?: HostName;
  /** Only hosts of this group. */
  readonly group?: string;
  /** An id, or the number of a generation in the history of the host's image; absent: what is due. */
  readonly generation?: string;
}

export interface KexecQuestion {
  readonly step: KexecStep;
  readonly wish: KexecWish;
  readonly mac?: Mac;
  /** As it was given, where it is no MAC address. */
  readonly badMac?: string;
  readonly isa?: Isa;
  /** What its plan said that it would load. */
  readonly planned?: GenerationId;
  /** Goes on where only doubt speaks against it. */
  readonly force: boolean;
  /** The check-in token of what the machine runs: it proves which boot that was. */
  readonly boot?: CheckInToken;
}

const STEPS: readonly KexecStep[] = ["plan", "start", "next"];

/**
 * Reads a path below `/kexec` and its query. Never fails: what it does not know is not asked.
 *
 * @param path - the segments after `kexec`
 * @returns `undefined` for a path that is none of ours
 */
export function readKexecQuestion(path: readonly string[], query: string): KexecQuestion | undefined {
  const said = new URLSearchParams(query);
  const last = path.at(-1);
  // A host may have such a name too: alone in the path it is the host's.
  const step = path.length > 1 ? STEPS.find((each) => each === last) : undefined;
  const names = step === undefined ? path : path.slice(0, -1);
  if (names.length > 1) return undefined;
  const [host = ANY] = names;
  const mac = parseMac(said.get("mac") ?? "");
  const badMac = mac === undefined ? said.get("mac") : undefined;
  const isa = isaOfMachine(said.get("arch") ?? "");
  return {
    step: step ?? "script",
    wish: {
      ...(host === ANY ? {} : { host }),
      ...text("group", said.get("group")),
      ...text("generation", said.get("generation")),
    },
    ...(mac === undefined ? {} : { mac }),
    ...text("badMac", badMac),
    ...(isa === undefined ? {} : { isa }),
    force: said.get("force") === "1",
    ...text("planned", said.get("planned")),
    ...text("boot", said.get("boot")),
  };
}

/** Stands in the path for the host that has the machine's MAC address: no host can be called so. */
export const ANY = "-";

/** The path below which a wish's texts are, from its slash on. */
export function kexecPath({ host }: KexecWish): string {
  return `/kexec/${host ?? ANY}`;
}

/** The part of a wish that stands in the query, without its question mark; may be empty. */
export function formatWish({ group, generation }: KexecWish): string {
  return [
    ...(group === undefined ? [] : [`group=${encodeWord(group)}`]),
    ...(generation === undefined ? [] : [`generation=${encodeWord(generation)}`]),
  ].join("&");
}

/** The instruction set of what `uname -m` says. */
export function isaOfMachine(machine: string): Isa | undefined {
  if (/^i[3-6]86$/.test(machine)) return "x86";
  if (machine === "aarch64") return "arm64";
  if (machine === "loongarch64") return "loong64";
  return /^arm(v\d|$)/.test(machine) ? "arm32" : parseIsa(machine);
}

function text<Name extends string>(
  name: Name,
  value: string | null | undefined,
): { readonly [key in Name]?: string } {
  return value === null || value === undefined || value === ""
    ? {}
    : ({ [name]: value } as { readonly [key in Name]?: string });
}

/** For a URL that people copy within single quotes. */
function encodeWord(word: string): string {
  return encodeURIComponent(word).replaceAll("'", "%27");
}
