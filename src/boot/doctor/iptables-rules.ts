/** Reads `iptables-save`: what its filter table says of packets to this machine. @see iptables-save(8) */

import { parseIpv4 } from "../../wire/net/ipv4.ts";
import {
  all,
  type FirstPacket,
  type Match,
  matchInterface,
  matchSource,
  not,
  type Verdict,
  type Wall,
  type WallRule,
} from "./firewall.ts";

/** The filter table, if the text has one. */
export function parseIptables(text: string): readonly Wall[] {
  const lines = text.split("\n").map((line) => line.trim());
  const start = lines.indexOf("*filter");
  if (start < 0) return [];
  const end = lines.indexOf("COMMIT", start);
  const table = lines.slice(start + 1, end < 0 ? undefined : end);
  const chains = new Map<string, WallRule[]>();
  let policy: "accept" | "drop" = "accept";
  for (const line of table) {
    const [, chain, fallback] = /^:(\S+) (\S+)/.exec(line) ?? [];
    if (chain !== undefined) chains.set(chain, []);
    if (chain === "INPUT" && fallback === "DROP") policy = "drop";
    const [, name = "", rest = ""] = /^(?:\[\d+:\d+\] )?-A (\S+) ?(.*)$/.exec(line) ?? [];
    chains.get(name)?.push(ruleOf(wordsOf(rest)));
  }
  return [{ name: "filter", tool: "iptables", chains, inputs: [{ chain: "INPUT", policy }] }];
}

/** Words, of which some are in quotes. */
function wordsOf(text: string): string[] {
  return [...text.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
}

type Condition = (packet: FirstPacket) => Match;

function ruleOf(words: readonly string[]): WallRule {
  const conditions: Condition[] = [];
  let verdict: Verdict | undefined;
  let isOpposite = false;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    if (word === "!") {
      isOpposite = true;
      continue;
    }
    if (!word.startsWith("-")) continue;
    const value = words[at + 1] ?? "";
    if (word === "-j" || word === "-g") {
      verdict = verdictOf(word, value);
      // What follows belongs to the target.
      break;
    }
    const condition = conditionOf(word, value);
    const turned = isOpposite;
    if (condition !== undefined)
      conditions.push((packet) => (turned ? not(condition(packet)) : condition(packet)));
    isOpposite = false;
  }
  const matches = (packet: FirstPacket) => all(conditions.map((each) => each(packet)));
  return verdict === undefined ? { matches } : { matches, verdict };
}

function verdictOf(word: string, target: string): Verdict | undefined {
  switch (target) {
    case "ACCEPT":
      return { type: "accept" };
    case "DROP":
    case "REJECT":
      return { type: "drop" };
    case "RETURN":
      return { type: "return" };
    default:
      // Targets that let the packet go on are written as chains are.
      return PASSING.has(target) ? undefined : { type: word === "-g" ? "goto" : "jump", chain: target };
  }
}

const PASSING = new Set([
  "LOG",
  "NFLOG",
  "ULOG",
  "MARK",
  "CONNMARK",
  "AUDIT",
  "TRACE",
  "SET",
  "CT",
  "NOTRACK",
]);

/** Modules whose own words say what they ask; naming them asks nothing. */
const PLAIN_MODULES = new Set(["udp", "tcp", "conntrack", "state", "multiport", "comment"]);

/** What comes of an answer to a first packet. */
const LATER = new Set(["SEEN_REPLY", "ASSURED"]);

function conditionOf(word: string, value: string): Condition | undefined {
  switch (word) {
    case "-p":
      return ({ protocol }) => yesNo(value === "all" || value === protocol);
    case "-i":
      return (packet) => matchInterface([value], packet);
    case "-s":
      return (packet) => matchSource([parseIpv4(value.replace(/\/.*/, ""))], packet);
    case "--dport":
    case "--dports":
    case "--ports":
      return ({ port }) => yesNo(value.split(",").some((each) => holdsPort(each, port)));
    case "--ctstate":
    case "--state":
      // Nothing was seen of this machine before, so that its packet begins something new.
      return () => yesNo(value.split(",").includes("NEW"));
    case "--ctstatus":
      return () => (value.split(",").every((each) => LATER.has(each)) ? "no" : "maybe");
    case "--comment":
      return undefined;
    case "-m":
      return PLAIN_MODULES.has(value) ? undefined : () => "maybe";
    default:
      return () => "maybe";
  }
}

function holdsPort(text: string, port: number): boolean {
  const [first = "", last = first] = text.split(":");
  return Number(first || 0) <= port && port <= Number(last || 65_535);
}

function yesNo(isIt: boolean): Match {
  return isIt ? "yes" : "no";
}
