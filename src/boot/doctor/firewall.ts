/**
 * Whether the rules of a firewall let a first packet from a machine come in.
 *
 * Rules can ask for things that only a packet tells. Where the answer depends on one of those, the port
 * counts as open: a warning about a firewall that is in nobody's way would cost more than it helps.
 */

import { type Ipv4, UNSPECIFIED } from "../../wire/net/ipv4.ts";

/** What a rule asks of a packet, as far as a port and an interface tell. */
export type Match = "yes" | "no" | "maybe";

/** A packet that a machine would send first: nothing was answered yet. */
export interface FirstPacket {
  readonly protocol: "udp" | "tcp";
  readonly port: number;
  /** The interfaces that it may come in by. */
  readonly interfaces: readonly string[];
}

export type Verdict =
  | { readonly type: "accept" | "drop" | "return" }
  | { readonly type: "jump" | "goto"; readonly chain: string };

export interface WallRule {
  readonly matches: (packet: FirstPacket) => Match;
  /** Absent: the packet goes on to the next rule (it is counted, logged, marked). */
  readonly verdict?: Verdict;
}

/** The rules of one table: its chains, and those that every packet to this machine meets first. */
export interface Wall {
  /** As people know it: `inet filter`. */
  readonly name: string;
  readonly tool: "nft" | "iptables";
  readonly chains: ReadonlyMap<string, readonly WallRule[]>;
  readonly inputs: readonly { readonly chain: string; readonly policy: "accept" | "drop" }[];
}

type Fate = "open" | "shut" | "undecided";

/** Chains may not jump in circles; a ruleset that was read wrongly might. */
const MAX_DEPTH = 32;

/** Whether this table drops such a packet for certain. */
export function isShut(wall: Wall, packet: FirstPacket): boolean {
  return wall.inputs.some(({ chain, policy }) => {
    const fate = walk(wall, chain, packet, 0);
    return fate === "undecided" ? policy === "drop" : fate === "shut";
  });
}

function walk(wall: Wall, chain: string, packet: FirstPacket, depth: number): Fate {
  const rules = wall.chains.get(chain);
  // What cannot be followed is not held against anybody.
  if (rules === undefined || depth > MAX_DEPTH) return "open";
  let mayHaveLeft = false;
  for (const { matches, verdict } of rules) {
    const match = matches(packet);
    if (match === "no" || verdict === undefined) continue;
    const fate = follow(wall, verdict, packet, depth);
    if (fate === "open") return "open";
    const leaves = fate === "undecided" && (verdict.type === "return" || verdict.type === "goto");
    if (match === "yes" && leaves) return "undecided";
    // What may have left before is not dropped here: whoever jumped here goes on with it.
    if (match === "yes" && fate === "shut") return mayHaveLeft ? "undecided" : "shut";
    mayHaveLeft ||= leaves;
  }
  return "undecided";
}

function follow(wall: Wall, verdict: Verdict, packet: FirstPacket, depth: number): Fate {
  switch (verdict.type) {
    case "accept":
      return "open";
    case "drop":
      return "shut";
    case "return":
      return "undecided";
    case "jump":
    case "goto":
      return walk(wall, verdict.chain, packet, depth + 1);
  }
}

/** What all conditions of a rule come to. */
export function all(matches: readonly Match[]): Match {
  if (matches.includes("no")) return "no";
  return matches.includes("maybe") ? "maybe" : "yes";
}

/** An interface as rules name it; `*` or `+` at its end stands for anything. */
export function matchInterface(names: readonly string[], { interfaces }: FirstPacket): Match {
  const fits = (own: string) =>
    names.some((name) => (/[*+]$/.test(name) ? own.startsWith(name.slice(0, -1)) : own === name));
  const count = interfaces.filter(fits).length;
  if (count === 0) return interfaces.length === 0 && !names.every((name) => name === "lo") ? "maybe" : "no";
  return count === interfaces.length ? "yes" : "maybe";
}

const DHCP_PORT = 67;

/**
 * A sender as rules name it: by blocks of addresses, of each of which the first one is given.
 *
 * Who has no address yet asks from 0.0.0.0, the very first of all addresses, so that only a block that
 * begins with it holds it. To the other ports machines come from an address, of which nobody knows yet.
 */
export function matchSource(firsts: readonly (Ipv4 | undefined)[], { protocol, port }: FirstPacket): Match {
  if (protocol !== "udp" || port !== DHCP_PORT) return "maybe";
  if (firsts.includes(UNSPECIFIED)) return "yes";
  return firsts.includes(undefined) ? "maybe" : "no";
}

/** The opposite; what nobody knows stays so. */
export function not(match: Match): Match {
  return match === "yes" ? "no" : match === "no" ? "yes" : "maybe";
}

/** Whose rules they are, as the names of their chains tell. */
export function keeperOf({ name, chains, tool }: Wall): "ufw" | "firewalld" | "nixos" | "nft" | "iptables" {
  const names = [...chains.keys()];
  if (names.some((each) => each.startsWith("ufw"))) return "ufw";
  if (name.endsWith("firewalld") || names.some((each) => /^IN_public/.test(each))) return "firewalld";
  if (name.endsWith("nixos-fw") || names.some((each) => each.startsWith("nixos-fw"))) return "nixos";
  return tool;
}

/** The command that opens ports in it. */
export function openingOf(wall: Wall, ports: readonly Pick<FirstPacket, "protocol" | "port">[]): string {
  const each = (line: (port: Pick<FirstPacket, "protocol" | "port">) => string, between = " && ") =>
    ports.map(line).join(between);
  switch (keeperOf(wall)) {
    case "ufw":
      return each(({ protocol, port }) => `sudo ufw allow ${port}/${protocol}`);
    case "firewalld":
      return `sudo firewall-cmd --permanent ${each(({ protocol, port }) => `--add-port=${port}/${protocol}`, " ")} && sudo firewall-cmd --reload`;
    case "nixos": {
      const list = (wanted: string) =>
        ports.filter(({ protocol }) => protocol === wanted).map(({ port }) => port);
      const option = (name: string, some: readonly number[]) =>
        some.length === 0 ? [] : [`networking.firewall.${name} = [ ${some.join(" ")} ];`];
      return [...option("allowedUDPPorts", list("udp")), ...option("allowedTCPPorts", list("tcp"))].join(" ");
    }
    case "nft": {
      const chain = wall.inputs[0]?.chain ?? "input";
      return each(
        ({ protocol, port }) => `sudo nft insert rule ${wall.name} ${chain} ${protocol} dport ${port} accept`,
      );
    }
    case "iptables":
      return each(({ protocol, port }) => `sudo iptables -I INPUT -p ${protocol} --dport ${port} -j ACCEPT`);
  }
}
