/** What the answers to a doctor's own question tell, and what a running server has heard: who else serves the network. */

import type { Ipv4 } from "../../wire/net/ipv4.ts";
import { SWITCH_BOOT_OFF, SWITCH_DHCP_OFF } from "../other-servers/describe-foreign-offer.ts";
import { describeBootOffer, leadsTo } from "../other-servers/server-answer.ts";
import type { Facts, HeardServer, ProbeAnswer, ProbedNetwork } from "./facts.ts";
import { type Finding, ok } from "./finding.ts";
import { treeFinding } from "./tree-finding.ts";

/** Pure; nothing where nobody was asked. */
export function probeFindings(facts: Facts): readonly Finding[] {
  const asked = facts.probe?.networks.flatMap((each) => networkFindings(each, facts)) ?? [];
  const answers = facts.probe?.networks.flatMap((each) => each.answers) ?? [];
  const named = answers.filter((each) => !isOurs(each, facts)).map(({ address }) => address);
  const heard = facts.server?.heard ?? [];
  return [...asked, ...heard.flatMap((each) => heardFindings(each, named, facts))];
}

function networkFindings(network: ProbedNetwork, facts: Facts): Finding[] {
  const { interface: on, trouble } = network;
  if (trouble !== undefined) {
    return [
      {
        code: "probe",
        level: "warning",
        text: `nobody could be asked on ${on}: ${trouble.text}`,
        cure: trouble.cure,
      },
    ];
  }
  return [
    ...ownFindings(network, facts),
    addressFinding(network, facts),
    ...network.answers.flatMap((each) => bootFindings(each, on, facts)),
    treeFinding(network, facts.probe?.seconds ?? 0),
  ];
}

/** What tells the servers apart that answer a probe: two may do so from one address, of which one is Mayfly. */
export function probedServer({ address, mayfly }: ProbeAnswer): string {
  return mayfly === undefined ? address : `${address} (Mayfly)`;
}

/** Another program on this machine answers from the same address, without Mayfly's mark. */
function isOurs({ address, mayfly }: ProbeAnswer, facts: Facts): boolean {
  return mayfly !== undefined && ownAddresses(facts).includes(address);
}

/** Our own server answers the question without an offer. */
function ownFindings({ interface: on, answers, hearsOwn }: ProbedNetwork, facts: Facts): Finding[] {
  const { server } = facts;
  if (answers.some((each) => isOurs(each, facts))) {
    return [ok("probe", `the server that runs here answers on ${on}`)];
  }
  // In observe mode it hears and says nothing; and not every way of listening hears one's own machine.
  if (server === undefined || !hearsOwn || server.dhcp === "off" || server.dhcp === "observe") return [];
  const text = `a server runs here, and does not answer on ${on}`;
  const cure = `look whether it serves ${on}, and whether a firewall of this machine drops UDP port 67`;
  return [{ code: "probe", level: "warning", text, cure }];
}

function addressFinding({ interface: on, answers }: ProbedNetwork, facts: Facts): Finding {
  const { givesAddresses = false } = facts.network;
  const givers = answers.filter(({ gives, mayfly }) => gives !== undefined || mayfly === "authoritative");
  const others = givers.filter((each) => !isOurs(each, facts));
  const names = [...others.map((each) => nameOf(each, facts)), ...(givesAddresses ? ["Mayfly"] : [])];
  if (names.length > 1) {
    const text = `more than one server gives addresses on ${on}: ${names.join(", ")}`;
    return { code: "dhcp-servers", level: "warning", text, cure: SWITCH_DHCP_OFF };
  }
  if (others[0] !== undefined) {
    const what = others[0].gives === undefined ? "addresses" : `addresses (${others[0].gives}, say)`;
    return ok("dhcp-servers", `${nameOf(others[0], facts)} gives ${what} on ${on}`);
  }
  if (givesAddresses || givers.length > 0) {
    return ok("dhcp-servers", `nobody but Mayfly gives addresses on ${on}`);
  }
  return {
    code: "dhcp-servers",
    level: "fault",
    text: `no DHCP server offers an address on ${on}, and without one no machine boots`,
    cure:
      "look whether the network's DHCP server runs and has addresses left, or have Mayfly give them " +
      "('dhcp: authoritative'); a switch with DHCP snooping may have dropped the question too",
  };
}

function bootFindings(answer: ProbeAnswer, on: string, facts: Facts): Finding[] {
  const { boot, mayfly } = answer;
  if (isOurs(answer, facts)) return [];
  const who = nameOf(answer, facts);
  if (mayfly !== undefined) {
    const text = `another Mayfly answers on ${on}: ${who}`;
    const cure = "let one of the two serve that network, or give each its own machines ('unknown: ignore')";
    return [{ code: "other-boot-server", level: "warning", text, cure }];
  }
  if (boot === undefined) return [];
  if (leadsTo(boot, ownAddresses(facts)))
    return [ok("other-boot-server", `${who} sends machines on ${on} to this server`)];
  const text = `${who} offers machines on ${on} something to boot too (${describeBootOffer(boot)})`;
  return [{ code: "other-boot-server", level: "warning", text, cure: SWITCH_BOOT_OFF }];
}

/** What the running server heard in the last day; who answered just now was told of already. */
function heardFindings(
  { address, mac, interface: on, boots, givesAddresses, lastMs }: HeardServer,
  named: readonly Ipv4[],
  facts: Facts,
): Finding[] {
  if (named.includes(address)) return [];
  const minutes = Math.max(0, Math.round((facts.nowMs - lastMs) / 60_000));
  const when = minutes === 0 ? "just now" : `${minutes} minutes ago`;
  const who = nameOf({ address, ...(mac === undefined ? {} : { mac }) }, facts);
  if (boots !== undefined) {
    const text = `the server that runs has heard ${who} on ${on} offer a machine something to boot, last ${when} (${boots})`;
    return [{ code: "other-boot-server", level: "warning", text, cure: SWITCH_BOOT_OFF }];
  }
  if (!givesAddresses || facts.network.givesAddresses !== true) return [];
  const text = `the server that runs has heard ${who} give addresses on ${on} too, last ${when}`;
  return [{ code: "dhcp-servers", level: "warning", text, cure: SWITCH_DHCP_OFF }];
}

function ownAddresses({ network: { present, publicAddress } }: Facts): readonly Ipv4[] {
  const all = present.flatMap(({ addresses }) => addresses);
  return publicAddress === undefined ? all : [...all, publicAddress];
}

function nameOf({ address, mac }: Pick<ProbeAnswer, "address" | "mac">, facts: Facts): string {
  if (ownAddresses(facts).includes(address)) return `a DHCP server on this machine (${address})`;
  return mac === undefined ? address : `${address} (${mac})`;
}
