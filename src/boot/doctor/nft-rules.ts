/** Reads `nft -j list ruleset`: what it says of packets to this machine. @see libnftables-json(5) */

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

type Json = Readonly<Record<string, unknown>>;

/**
 * One wall for each table that has a chain at the input hook.
 *
 * @returns nothing for a text that is not nft's
 */
export function parseNft(text: string): readonly Wall[] {
  const entries = entriesOf(text);
  const objects = (kind: string) => entries.map((entry) => entry[kind]).filter(isJson);
  const sets = new Map(objects("set").map((set) => [`${tableOf(set)} ${set.name}`, set.elem]));
  const chains = objects("chain");
  const rules = objects("rule");
  const tables = new Set(chains.filter(isInput).map(tableOf));
  return [...tables].map((name) => {
    const own = chains.filter((chain) => tableOf(chain) === name);
    const setOf = (set: string) => sets.get(`${name} ${set}`);
    const rulesOf = (chain: unknown) =>
      rules
        .filter((rule) => tableOf(rule) === name && rule.chain === chain)
        .flatMap((rule) => rulesOfOne(rule, setOf));
    return {
      name,
      tool: "nft" as const,
      chains: new Map(own.map((chain) => [String(chain.name), rulesOf(chain.name)])),
      inputs: own.filter(isInput).map((chain) => ({
        chain: String(chain.name),
        policy: chain.policy === "drop" ? ("drop" as const) : ("accept" as const),
      })),
    };
  });
}

function entriesOf(text: string): readonly Json[] {
  try {
    const value: unknown = JSON.parse(text);
    const list = isJson(value) ? value.nftables : undefined;
    return Array.isArray(list) ? list.filter(isJson) : [];
  } catch {
    return [];
  }
}

function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function tableOf({ family, table }: Json): string {
  return `${family} ${table}`;
}

/** Only what IPv4 comes by, and before anything is translated. */
function isInput({ family, type, hook }: Json): boolean {
  return (family === "ip" || family === "inet") && type === "filter" && hook === "input";
}

type SetOf = (name: string) => unknown;

/** One for each verdict: a map of them is as many rules, of which such a packet meets one. */
function rulesOfOne({ expr }: Json, setOf: SetOf): WallRule[] {
  const statements = Array.isArray(expr) ? expr.filter(isJson) : [];
  const conditions = statements.flatMap((statement) => conditionOf(statement, setOf));
  const withAll = (...more: readonly Condition[]) => {
    const wanted = [...conditions, ...more];
    return (packet: FirstPacket) => all(wanted.map((each) => each(packet)));
  };
  const map = statements.map(({ vmap }) => vmap).find(isJson);
  if (map !== undefined) {
    return choicesOf(map, setOf).map(({ condition, verdict }) => ({ matches: withAll(condition), verdict }));
  }
  const verdict = statements.map(verdictOf).find((each) => each !== undefined);
  return [{ matches: withAll(), ...(verdict === undefined ? {} : { verdict }) }];
}

type Condition = (packet: FirstPacket) => Match;

/** Statements that hold no packet back. */
const PASSING = new Set([
  "accept",
  "drop",
  "reject",
  "return",
  "jump",
  "goto",
  "counter",
  "log",
  "vmap",
  "mangle",
  "notrack",
]);

function conditionOf(statement: Json, setOf: SetOf): Condition[] {
  const { match } = statement;
  if (isJson(match)) {
    return [comparison(match.left, valuesOf(match.right, setOf), match.op === "!=")];
  }
  return Object.keys(statement).every((key) => PASSING.has(key)) ? [] : [() => "maybe"];
}

function comparison(left: unknown, values: readonly unknown[] | undefined, isOpposite = false): Condition {
  return (packet) => {
    // What is not there is not unequal either: such a rule passes the packet over.
    if (lacksHeader(left, packet)) return "no";
    const found = compare(left, values, packet);
    return isOpposite ? not(found) : found;
  };
}

/** Headers that no packet of UDP or TCP over IPv4 has. */
const FOREIGN: ReadonlySet<unknown> = new Set([
  "arp",
  "ip6",
  "icmp",
  "icmpv6",
  "igmp",
  "sctp",
  "dccp",
  "udplite",
  "ah",
  "esp",
  "comp",
  "gre",
  "gretap",
]);

/** Whether something is asked of a header that the packet does not have. */
function lacksHeader(left: unknown, packet: FirstPacket): boolean {
  if (Array.isArray(left)) return left.some((each) => lacksHeader(each, packet));
  if (!isJson(left)) return false;
  const { payload } = left;
  if (!isJson(payload))
    return "exthdr" in left || Object.values(left).some((each) => lacksHeader(each, packet));
  const { protocol } = payload;
  return FOREIGN.has(protocol) || protocol === (packet.protocol === "udp" ? "tcp" : "udp");
}

/** The single values and ranges that stand on the right; `undefined` for a set that cannot be read. */
function valuesOf(right: unknown, setOf: SetOf): readonly unknown[] | undefined {
  if (typeof right === "string" && right.startsWith("@")) {
    const elements = setOf(right.slice(1));
    return Array.isArray(elements) ? elements.map(plainElement) : undefined;
  }
  if (isJson(right) && Array.isArray(right.set)) return right.set.map(plainElement);
  return Array.isArray(right) ? right : [right];
}

/** An element may carry a counter, a comment or a time. */
function plainElement(element: unknown): unknown {
  return isJson(element) && isJson(element.elem) ? element.elem.val : element;
}

function compare(left: unknown, values: readonly unknown[] | undefined, packet: FirstPacket): Match {
  if (values === undefined || !isJson(left)) return "maybe";
  const { payload, meta, ct } = left;
  if (isJson(meta)) return compareMeta(meta.key, values, packet);
  if (isJson(ct)) return compareTracked(ct.key, values);
  return isJson(payload) ? comparePayload(payload, values, packet) : "maybe";
}

/** What comes of an answer, or of a connection that leads elsewhere. */
const LATER: readonly unknown[] = ["seen-reply", "assured", "dnat", "snat"];

/** Nothing was seen of this machine before, so that its packet begins something new. */
function compareTracked(key: unknown, values: readonly unknown[]): Match {
  if (key === "state") return yesNo(values.includes("new"));
  return key === "status" && values.every((value) => LATER.includes(value)) ? "no" : "maybe";
}

function compareMeta(key: unknown, values: readonly unknown[], packet: FirstPacket): Match {
  const names = values.map(String);
  switch (key) {
    case "iif":
    case "iifname":
      return matchInterface(names, packet);
    case "l4proto":
      return yesNo(names.includes(packet.protocol) || names.includes(packet.protocol === "udp" ? "17" : "6"));
    case "nfproto":
      return yesNo(names.includes("ipv4"));
    case "protocol":
      return yesNo(names.includes("ip"));
    default:
      return "maybe";
  }
}

function comparePayload({ protocol, field }: Json, values: readonly unknown[], packet: FirstPacket): Match {
  if (protocol === "th" || protocol === packet.protocol) {
    return field === "dport" ? yesNo(values.some((value) => holdsPort(value, packet.port))) : "maybe";
  }
  if (protocol === "ip") {
    if (field === "saddr") return matchSource(values.map(firstAddress), packet);
    return field === "protocol" ? yesNo(values.includes(packet.protocol)) : "maybe";
  }
  // Of what carries it, or lies within, only the packet tells.
  return "maybe";
}

/** Of a block of addresses; `undefined` for what is none. */
function firstAddress(value: unknown): string | undefined {
  const { prefix, range } = isJson(value) ? value : {};
  const first = isJson(prefix) ? prefix.addr : Array.isArray(range) ? range[0] : value;
  return typeof first === "string" ? parseIpv4(first) : undefined;
}

const NAMES: Readonly<Record<string, number>> = { bootps: 67, tftp: 69, "http-alt": 8080 };

function holdsPort(value: unknown, port: number): boolean {
  if (isJson(value) && Array.isArray(value.range)) {
    const [first, last] = value.range.map(Number);
    return first !== undefined && last !== undefined && first <= port && port <= last;
  }
  return Number(value) === port || NAMES[String(value)] === port;
}

function yesNo(isIt: boolean): Match {
  return isIt ? "yes" : "no";
}

function verdictOf(statement: Json): Verdict | undefined {
  if ("accept" in statement) return { type: "accept" };
  if ("drop" in statement || "reject" in statement) return { type: "drop" };
  if ("return" in statement) return { type: "return" };
  for (const type of ["jump", "goto"] as const) {
    const to = statement[type];
    if (isJson(to)) return { type, chain: String(to.target) };
  }
  return undefined;
}

interface Choice {
  readonly condition: Condition;
  readonly verdict: Verdict;
}

function choicesOf({ key, data }: Json, setOf: SetOf): Choice[] {
  // A map with a name is none of the sets: what it says is not known.
  if (!isJson(data) || !Array.isArray(data.set)) {
    return [{ condition: () => "maybe", verdict: { type: "accept" } }];
  }
  return data.set.flatMap((pair: unknown) => {
    if (!Array.isArray(pair) || !isJson(pair[1])) return [];
    const condition = comparison(key, valuesOf(plainElement(pair[0]), setOf));
    const verdict = verdictOf(pair[1]);
    return verdict === undefined ? [] : [{ condition, verdict }];
  });
}
